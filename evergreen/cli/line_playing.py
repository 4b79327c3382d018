"""Playing a production line against a deployment: items scored by its champion, logs dropped, outcomes later."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3

from evergreen.cli.deployment import Deployment
from evergreen.contract import Contract
from evergreen.errors import UserMustAct
from evergreen.layout import INFERENCE
from evergreen.line import Item, Pace, given, log_of_outcomes, log_of_scores, right
from evergreen.scoring import Refusal, ScoringRequest
from evergreen.stores.scoring import ScoringFunction


@dataclass(frozen=True)
class Logged:
    """One log that was dropped."""

    key: str
    items: int
    right: int  # of them, in truth
    champion: str


@dataclass
class Line:
    """A line that runs: what was made and has no outcome yet waits in it."""

    deployment: Deployment
    contract: Contract
    pace: Pace
    chance: random.Random
    told_at: float = 0.0  # when the newest outcomes were dropped, in seconds since 1970
    _waiting: list[tuple[float, list[Item]]] = field(default_factory=list)

    def play(self, items: Sequence[Item]) -> Iterator[Logged]:
        """Make the items one log at a time, in real time; at the end the outcomes that are still to come."""
        began, scoring = time.monotonic(), ScoringFunction(boto3.client("lambda"), self.deployment.predict)
        for seconds, made in self.pace.logs(items):
            _sleep_until(began + seconds)
            rows = [given(self.contract, each) for each in made]
            scored = scoring.score(ScoringRequest(dataset=self.contract.id, rows=rows))
            if isinstance(scored, Refusal):
                raise UserMustAct(scored.message)
            yield self._log(made, scored["predictions"], scored["champion"])
            self._tell_outcomes()
        while self._waiting:
            _sleep_until(self._waiting[0][0])
            self._tell_outcomes()

    def _log(self, made: Sequence[Item], predictions: list[dict[str, Any]], champion: str) -> Logged:
        times = self.pace.times(len(made), datetime.now(UTC))
        text = log_of_scores(self.contract, made, predictions, times, champion)
        known = self.pace.known_later(made, self.chance)
        self._waiting.append((time.monotonic() + self.pace.outcome_delay, known))
        key = self._drop("scores", text)
        return Logged(key, len(made), right(made, predictions), champion)

    def _tell_outcomes(self) -> None:
        """Drop what has become known by now as one log."""
        due = [items for at, items in self._waiting if at <= time.monotonic()]
        self._waiting = self._waiting[len(due) :]
        known = [each for items in due for each in items]
        if known:
            self.told_at = time.time()
            self._drop("outcomes", log_of_outcomes(known, datetime.now(UTC)))

    def _drop(self, what: str, text: str) -> str:
        key = f"{INFERENCE}{self.contract.id}/{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{what}.csv"
        boto3.client("s3").put_object(Bucket=self.deployment.bucket, Key=key, Body=text.encode())
        return key


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
