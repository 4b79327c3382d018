"""Bringing a data set's endpoint to its champion, whichever that is when it looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from evergreen.contracts import Contracts
from evergreen.endpoint import Endpoint, config_name, endpoint_name
from evergreen.endpoint_moves import LAST_STEPS, EndpointRecord, EndpointState, EndpointUpdating, Step, next_step
from evergreen.endpoint_moves import SeenEndpoint as Seen
from evergreen.errors import RunSuperseded, TrainingFailed
from evergreen.layout import RunLayout
from evergreen.stores.endpoint_answers import EndpointFailed
from evergreen.stores.endpoint_records import EndpointRecords, Right
from evergreen.stores.endpoints import EndpointRefused, Endpoints
from evergreen.stores.registry import Change, Registry
from functions.update_endpoint.smoke import Smoke

_MARGIN = 90_000  # milliseconds in which smoke requests get their answers
_A_LOOK = 3.0  # seconds from one to the next


@dataclass(frozen=True)
class Image:
    """What every model of an endpoint is made of, beside its own artifact."""

    uri: str
    role_arn: str
    bucket: str

    def model(self, key: str) -> dict[str, Any]:
        """The model as SageMaker is told."""
        return {
            "ExecutionRoleArn": self.role_arn,
            "PrimaryContainer": {"Image": self.uri, "ModelDataUrl": f"s3://{self.bucket}/{key}"},
            "EnableNetworkIsolation": True,
        }


@dataclass(frozen=True)
class Situation:
    """One look at everything: what is wanted, what is there, and by what right it may be moved."""

    endpoint: str
    asked: Endpoint | None
    champion: dict[str, Any]
    generation: RunLayout
    wanted: str | None
    seen: Seen | None
    record: EndpointRecord | None
    right: Right

    @property
    def run_id(self) -> str | None:
        return self.right.run.run_id if self.right.run else None

    @property
    def known(self) -> EndpointRecord:
        """The record of what is wanted; of what was seen, where nothing is known of that."""
        if self.record and (self.wanted is None or self.record.config == self.wanted):
            return self.record
        return self.moving()

    def moving(self) -> EndpointRecord:
        """The record of a move that begins now; what an earlier one left unfinished is not forgotten."""
        wanted, before = self.wanted or "", self.seen.config if self.seen else None
        others = self.record.configs if self.record else ()
        return EndpointRecord(
            endpoint=self.endpoint,
            config=wanted,
            champion=self.champion["run_id"],
            state=EndpointState.MOVING,
            at=datetime.now(UTC).isoformat(),
            run_id=self.run_id,
            previous=before if before != wanted else None,
            leftovers=tuple(each for each in others if each not in (wanted, before)),
        )


@dataclass(frozen=True)
class Mover:
    """Level-triggered: whoever comes brings the endpoint to the champion of now, so two do no harm."""

    contracts: Contracts
    registry: Registry
    records: EndpointRecords
    endpoints: Endpoints
    smoke: Smoke
    image: Image
    stack: str
    sleep: Callable[[float], None] = time.sleep

    def move(self, dataset: str, run: Change | None, time_left: Callable[[], int]) -> EndpointRecord | None:
        """Step by step, waiting for SageMaker meanwhile; what is known at the end.

        Raises EndpointUpdating where SageMaker takes longer; RunSuperseded when somebody else may move it now, after
        what was asked of SageMaker meanwhile is put right.
        """
        try:
            return self._bring(dataset, run, time_left)
        except RunSuperseded:
            self._bring(dataset, None, time_left)
            raise

    def _bring(self, dataset: str, run: Change | None, time_left: Callable[[], int]) -> EndpointRecord | None:
        while True:
            now = self._look(dataset, run)
            if now is None:
                return None
            step = next_step(now.wanted, now.seen, now.record, now.run_id)
            if step in (Step.WAIT, Step.SMOKE) and time_left() < _MARGIN:
                raise EndpointUpdating(f"the endpoint {now.endpoint} is {now.seen.status if now.seen else 'not there'}")
            self._take(step, now)
            if step in LAST_STEPS:
                return self.records.find(dataset)

    def _look(self, dataset: str, run: Change | None) -> Situation | None:
        """None as long as no champion has published anything: there is nothing to answer with, or to compare."""
        champion, published = self.registry.champion(dataset), self.registry.published(dataset)
        if champion is None or published is None or published.get("champion") != champion["run_id"]:
            return None
        name = endpoint_name(self.stack, dataset)
        asked = self.contracts[dataset].contract.endpoint if dataset in self.contracts.ids else None
        around = {"image": self.image.uri, "role": self.image.role_arn}
        return Situation(
            endpoint=name,
            asked=asked,
            champion=champion,
            generation=RunLayout(dataset, published["generation"]),
            wanted=config_name(self.stack, champion["run_id"], asked, around) if asked else None,
            seen=self.endpoints.seen(name),
            record=self.records.find(dataset),
            right=Right(dataset, champion["run_id"], run),
        )

    def _take(self, step: Step, now: Situation) -> None:
        if step is Step.WAIT:
            self.sleep(_A_LOOK)
        elif step in (Step.CREATE, Step.UPDATE):
            self._begin(now)
        elif step is Step.SMOKE:
            self._judge(now)
        elif step is Step.REFUSE:
            failure = now.seen.failure if now.seen else None
            self._refuse(now, failure or "SageMaker did not say why")
        elif step in (Step.GO_BACK, Step.DELETE):
            self._undo(now, step)
        elif step is Step.CLEAN:
            self.records.confirm(now.right)
            self._forget(now, *(each for each in now.known.configs if each != now.known.previous))
        elif step is Step.FORGET:
            self.records.confirm(now.right)
            self._forget(now, *now.known.configs)
            gone = {
                "state": EndpointState.GONE,
                "previous": None,
                "leftovers": (),
                "run_id": now.run_id,
                "reason": None,
            }
            self.records.write(now.known.model_copy(update=gone), now.right)

    def _begin(self, now: Situation) -> None:
        """What is about to be asked is written down first, and that it was asked afterwards."""
        asked, wanted, record = now.asked, now.wanted, now.moving()
        if asked is None or wanted is None:
            return
        self.records.write(record, now.right)
        try:
            self.endpoints.prepare(
                wanted, self.image.model(now.champion["model_key"]), asked.variant(now.champion["run_id"], wanted)
            )
            if now.seen:
                self.endpoints.update(now.endpoint, wanted)
            else:
                self.endpoints.create(now.endpoint, wanted)
        except EndpointRefused as refused:
            self._refuse(replace(now, record=record), str(refused))
        else:
            self.records.write(record.model_copy(update={"asked": True}), now.right)

    def _judge(self, now: Situation) -> None:
        try:
            told = self.smoke.ask(now.endpoint, now.champion["run_id"], now.generation, _rows(now.asked))
        except (EndpointFailed, TrainingFailed) as failed:
            self._refuse(now, f"a smoke request failed: {failed}")
            return
        if told.same < told.of:
            self._refuse(now, f"of its smoke requests, {told.sentence()}")
            return
        self.records.confirm(now.right)
        self._forget(now, *(each for each in now.known.configs if each != now.wanted))
        serving = {"state": EndpointState.SERVING, "previous": None, "leftovers": (), "smoke": told.sentence()}
        self.records.write(now.known.model_copy(update={**serving, "reason": None}), now.right)

    def _refuse(self, now: Situation, reason: str) -> None:
        refused = {"state": EndpointState.REFUSED, "reason": reason, "run_id": now.run_id}
        self.records.write(now.known.model_copy(update=refused), now.right)

    def _undo(self, now: Situation, step: Step) -> None:
        self.records.confirm(now.right)
        if step is Step.GO_BACK and now.known.previous:
            self.endpoints.update(now.endpoint, now.known.previous)
        else:
            self.endpoints.delete(now.endpoint)

    def _forget(self, now: Situation, *configs: str) -> None:
        for each in configs:
            if each and (now.seen is None or each != now.seen.config):
                self.endpoints.forget(each)


def _rows(asked: Endpoint | None) -> int:
    return (asked or Endpoint()).smoke_rows
