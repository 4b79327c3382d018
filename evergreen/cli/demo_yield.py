"""`evergreen demo yield`: a line's yield falls and the model mends itself; and a drift that nothing can learn."""

import csv
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from evergreen.cli.deployment import Deployment
from evergreen.cli.drop import upload
from evergreen.cli.laptop import laptop_cloud
from evergreen.cli.line import contract_of, text_of
from evergreen.cli.line_playing import Line
from evergreen.cli.output import console, span
from evergreen.cli.up import checkout, synthesize
from evergreen.cli.watch import wait_for_run
from evergreen.drifts import Drift, Row, drift_named
from evergreen.errors import StoreUnavailable, TrainingFailed, UserMustAct
from evergreen.layout import ObservedLayout
from evergreen.line import Pace, items_of
from evergreen.observed_yield import Yield
from evergreen.promotion_watch import is_over
from evergreen.yield_series import YieldSeries

_DATASET = "line_yield"
_SENSOR, _TOO_MUCH = "Torque [Nm]", 30.0
_KNOWN = 0.8  # of the drifted items: the teachers' work are the others
_LONGEST = 120  # seconds that anything here may take
_POLL_SECONDS = 0.2
_MEASURED_WITHIN = 4.0
_LOGS = 3
# Rows of the file, drawn in an order of their own: learned from, healthy, drifted, after the promotion, not learnable.
_LEARNED, _HEALTHY, _DRIFTED, _AFTER, _RANDOM = 4000, 500, 2800, 1500, 1140
_GOING_ON = 20  # items of each further drifted log, where one is needed
_WATCHED = 800  # of those after the promotion: the watch is over three windows, and the last log may be told late
_SEED = 7


def demo_yield() -> None:
    """Show the yield loop on AI4I 2020, played as a production line, in about two minutes.

    Real: the rows, every score, log, alarm, run, verdict and notice. Simulated: that the items are made now, and the
    two drifts; each step says so.

    Example: `evergreen demo yield`
    """
    root = checkout()
    synthesize(root)
    home = root / ".evergreen"
    shutil.rmtree(home / "demo-yield", ignore_errors=True)
    home.mkdir(exist_ok=True)
    began = time.monotonic()
    with laptop_cloud(root, home / "demo-yield", home / "demo-yield.log") as said:
        console.print(f"The laptop cloud is up at {said['endpoint_url']}.\n")
        Story.begin(root).tell()
    console.print(f"\nAll of it: {span(time.monotonic() - began)}.")


class Story:
    """The two stories on one deployment, step by step; every step prints what it did."""

    def __init__(self, deployment: Deployment, rows: list[Row]) -> None:
        self.deployment = deployment
        self.contract = contract_of(deployment, _DATASET)
        self.rows: Iterator[Row] = iter(rows)
        self.all_rows = rows
        self.chance = random.Random(_SEED)
        self.runs: list[str] = []

    @classmethod
    def begin(cls, root: Path) -> "Story":
        """The story on the deployment that boto3 is pointed at, with the shipped file."""
        text = text_of(root / "datasets" / _DATASET / "ai4i2020.csv.gz")
        rows: list[Row] = list(csv.DictReader(text.splitlines()))
        random.Random(_SEED).shuffle(rows)  # or the drifts that the file has in itself would be part of the story
        return cls(Deployment.find(), rows)

    def tell(self) -> None:
        """Both stories."""
        self.first_champion()
        self.healthy()
        shifted = drift_named("shifted-sensor", self.contract, self.all_rows, _SENSOR, _TOO_MUCH)
        self.drift(shifted)
        self.recovery(shifted)
        self.not_learnable(shifted)

    def first_champion(self) -> None:
        """A file of history makes the first champion."""
        _title(f"1. A first champion, from {_LEARNED:,} rows")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "history.csv"
            _write(path, self._next(_LEARNED))
            upload(self.deployment, _DATASET, path)
        self._next_run()

    def healthy(self) -> None:
        """The line runs as the champion knows it."""
        _title(f"2. The line runs: {_HEALTHY:,} items as they are in the file, their outcomes half a second later")
        self._play(_HEALTHY, [], known=1.0)
        self._until(lambda: self._state() == "OK", "the alarm did not become OK")
        self._say_yield()

    def drift(self, shifted: Drift) -> None:
        """The sensor drifts, the yield falls, the alarm asks for a run, and the run mends the model."""
        _title(f"3. Simulated: {shifted.sentence}")
        dropped = self._play(_DRIFTED, [shifted], known=_KNOWN)
        for _ in range(_LOGS):  # the alarm's minute may have good measures in it, too, and nothing else is measured
            if self._within(2 * _MEASURED_WITHIN, lambda: self._state() == "ALARM"):
                break
            self._play(_GOING_ON, [shifted], known=_KNOWN)
        self._until(lambda: self._state() == "ALARM", "the alarm did not come on")
        alarm_at = self._alarm()["StateUpdatedTimestamp"].timestamp()
        self._say_yield()
        console.print(f"Alarm {alarm_at - dropped:.1f} s after the log that broke the threshold; it asks for a run.")
        run = self._next_run()
        champion = self.deployment.registry.champion(_DATASET) or {}
        if champion.get("run_id") != run["run_id"]:
            raise TrainingFailed("the run kept the champion, so the story ends here; its notice says why")
        promoted = datetime.fromisoformat(champion["promoted_at"]).timestamp()
        console.print(f"New champion {promoted - dropped:.1f} s after that log.")

    def recovery(self, shifted: Drift) -> None:
        """The line goes on with the new champion, until the alarm is off."""
        _title("4. The line goes on, its sensor as wrong as before, with the new champion")
        made, good = self._go_on(_WATCHED, shifted, Pace(100, 100, 1.0, 0.2), lambda: False)
        more = self._go_on(_AFTER - _WATCHED, shifted, Pace(15, 50, 1.0, 0.2), lambda: self._state() == "OK")
        made, good = made + more[0], good + more[1]
        console.print(f"{made:,} items, {good / made:.1%} of them predicted right.")
        self._until(lambda: self._state() == "OK", "the alarm did not go off again")
        self._say_yield()
        self._until(lambda: is_over(self._watched(), self._stated), "the watch was not over")
        console.print(f"Watched over {self._watched():,} of its items: not worse than before, so it stays champion.")

    def _watched(self) -> int:
        return int(self._record(self.runs[-1]).get("watched_items", 0))

    def _go_on(self, count: int, shifted: Drift, pace: Pace, enough: Callable[[], bool]) -> tuple[int, int]:
        """Make items log by log until that is so; gives how many, and how many of them were predicted right."""
        line, made, good = Line(self.deployment, self.contract, pace, self.chance), 0, 0
        for logged in line.play(items_of(self.contract, self._next(count), [shifted], self.chance)):
            made, good = made + logged.items, good + logged.right
            if enough():
                break
        return made, good

    def not_learnable(self, shifted: Drift) -> None:
        """The counter-story: outcomes at random, which no model can learn."""
        noise = drift_named("random-labels", self.contract, self.all_rows, None, 1.0)
        _title(f"5. Simulated besides: {noise.sentence}")
        before = (self.deployment.registry.champion(_DATASET) or {}).get("run_id")
        for _ in range(_LOGS):  # the alarm's minute may have good measures in it, too
            self._play(_RANDOM // _LOGS, [shifted, noise], known=1.0)
            if self._within(_MEASURED_WITHIN, lambda: self._state() == "ALARM"):
                break
        self._until(lambda: self._state() == "ALARM", "the alarm did not come on")
        self._say_yield()
        self._next_run()
        after = (self.deployment.registry.champion(_DATASET) or {}).get("run_id")
        console.print(f"Champion before: {before}; after: {after}.")

    def _next(self, count: int) -> list[Row]:
        return [next(self.rows) for _ in range(count)]

    def _play(self, count: int, drifts: Sequence[Drift], known: float) -> float:
        """Make items as one log; gives when that was dropped."""
        pace = Pace(rate=1e6, log_every=count, outcome_share=known, outcome_delay=0.5)
        line = Line(self.deployment, self.contract, pace, self.chance)
        for logged in line.play(items_of(self.contract, self._next(count), drifts, self.chance)):
            share = logged.right / logged.items
            console.print(f"{logged.items:,} items scored by {logged.champion}: {share:.1%} right in truth.")
        return line.told_at

    def _next_run(self) -> Mapping[str, Any]:
        """Wait for the next run's end, and say what its notice says."""
        run_id = wait_for_run(self.deployment, _DATASET, after=self.runs[-1] if self.runs else None)
        if run_id is None:
            raise StoreUnavailable("no run started; see .evergreen/demo-yield.log")
        self.runs.append(run_id)
        console.print(f"Run {run_id} …")
        self._until(lambda: bool(self._record(run_id).get("notified_at")), f"run {run_id} did not end")
        record = self._record(run_id)
        console.print(f"{record['notice']}\n", markup=False)
        return record

    @property
    def _stated(self) -> Yield:
        stated = self.contract.observed_yield
        if stated is None:
            raise UserMustAct(f"the contract of {_DATASET} states no yield; this story is about one")
        return stated

    def _record(self, run_id: str) -> dict[str, Any]:
        return self.deployment.runs.get(run_id) or {}

    def _say_yield(self) -> None:
        measure = self.deployment.files.read(ObservedLayout(_DATASET).series, YieldSeries).measure
        if measure and measure.samples:
            bound = measure.bound(self._stated.confidence_level)
            console.print(
                f"Observed yield {measure.share():.1%} of the newest {measure.samples} judged items; its lower bound "
                f"is {bound:.1%}, the threshold {self._stated.threshold:.0%}: alarm {self._state()}."
            )

    def _alarm(self) -> dict[str, Any]:
        name = f"{self.deployment.stack}-{_DATASET}-observed-yield"
        found = boto3.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return dict(found[0])

    def _state(self) -> str:
        return str(self._alarm()["StateValue"])

    def _until(self, is_so: Callable[[], bool], otherwise: str) -> None:
        if not self._within(_LONGEST, is_so):
            raise StoreUnavailable(f"{otherwise} within {_LONGEST} s; see .evergreen/demo-yield.log")

    @staticmethod
    def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + seconds
        while not (found := is_so()) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        return found


def _title(words: str) -> None:
    console.rule(words, align="left")


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
