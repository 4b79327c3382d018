"""The fault matrix: runs a cell from the moment at which its state is entered to where nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults import alarm_story
from tests.faults.after_alarm import problems
from tests.faults.cells import AGAIN, CLOUD_KILLED, END, HOLD, PLACES, START, WAKE, WATCH, Cell, cells_at
from tests.faults.deployment import APPROVED, PACED, TAUGHT, TUNED, WATCHED, Deployment, Point, Trouble
from tests.faults.execution import STATES, Execution
from tests.faults.invariants import Watch
from tests.faults.jobs import failed_job
from tests.faults.kinds import OVERTAKING, PASSING, REFUSALS, old_events, strikes, trouble_of
from tests.faults.seam import Fault
from tests.integration.functions.world import DATASET

USUAL: tuple[str, str, int | None] = (DATASET, "good", None)
WAYS = (  # data set, text and size of the file whose run meets the faults
    USUAL,
    (DATASET, "worse", None),
    (DATASET, "bad", None),
    (DATASET, "good", 600_000_000),
    (TUNED, "good", None),
    (APPROVED, "good", None),
    (TAUGHT, "good", None),
    (PACED, "good", None),
)
NEVER = "the fault did not happen"


@dataclass(frozen=True)
class Entry:
    """A state about to be entered, and how many calls to AWS an attempt at it makes."""

    point: Point
    dataset: str
    run_id: str | None
    event: dict[str, Any] | None  # that Dispatch is about to get
    told: list[dict[str, Any]]
    calls: int


@dataclass
class Matrix:
    """Every entry, prepared once."""

    deployment: Deployment
    entries: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, deployment: Deployment) -> Matrix:
        matrix, empty = cls(deployment), deployment.point()
        for way in WAYS:
            deployment.restore(empty)
            matrix._walk(*way)
        deployment.restore(empty)
        matrix._walk(*USUAL, failing=True)
        deployment.restore(empty)
        matrix._walk_alarm()
        missing = set(PLACES) - matrix.entries.keys()
        assert not missing, f"no way leads through {missing}"
        return matrix

    def cells(self, place: str) -> Iterator[Cell]:
        return cells_at(place, self.entries[place].calls)

    def run(self, cell: Cell) -> list[str]:
        """What is broken after the cell's fault; nothing, if all is well."""
        entry, deployment = self.entries[cell.state], self.deployment
        deployment.restore(entry.point)
        deployment.told = entry.told[:]
        watch = Watch(deployment.backends, entry.dataset, overtaken=cell.kind in OVERTAKING)
        deployment.seam.watch = watch.look
        try:
            if cell.state == WATCH and entry.event:
                self._meet_watch(cell, watch, entry.event)
            elif entry.event:
                self._meet_dispatch(cell, watch, entry.event)
            else:
                self._meet_run(cell, watch, deployment.executions[entry.run_id or ""])
            assert watch.strikes, NEVER
            if cell.state != WATCH:
                self._go_on(entry.dataset)
        except AssertionError as broken:
            watch.broken.append(str(broken))
        if entry.dataset == WATCHED:
            watch.broken += problems(deployment.backends, WATCHED, cell, watch.excused, deployment.asked)
        return watch.judge(deployment.executions)

    def _meet_run(self, cell: Cell, watch: Watch, execution: Execution) -> None:
        self.deployment.trouble = trouble_of(self.deployment, watch, cell, execution)
        self.deployment.advance(execution)
        self.deployment.trouble = None
        if cell.kind == CLOUD_KILLED:
            self.deployment.restart()
            return
        usual = "FAILED" if cell.state == "FailRun" else "SUCCEEDED"
        if cell.kind in PASSING:
            assert execution.status == usual, f"what passes by itself ended the run: {execution.cause}"

    def _meet_dispatch(self, cell: Cell, watch: Watch, event: dict[str, Any]) -> None:
        deployment = self.deployment
        if not cell.call:
            watch.strike()
            for _ in range(2):
                deployment.deliver(event)
            old_events(deployment, watch.dataset, None)
            deployment.deliver(event)
            return
        times = 99 if cell.kind in REFUSALS and REFUSALS[cell.kind][2] > 1 else 1
        faults = [strikes(deployment, watch, cell, None) for _ in range(times)]
        deployment.deliver(event, iter(faults))
        if cell.kind == CLOUD_KILLED:
            deployment.restart(event)
        if "CreateSchedule" in faults[0].struck and cell.state != HOLD:  # where only the timer would start the run
            assert not deployment.dead_letters, "a Scheduler that is away holds a run up"
        if cell.kind in PASSING and cell.state in (START, WAKE, AGAIN):
            assert deployment.running(), "what passes by itself left a run that nobody starts"

    def _meet_watch(self, cell: Cell, watch: Watch, measured: dict[str, Any]) -> None:
        """What three attempts cannot do the next measure's event does."""
        deployment = self.deployment
        times = 99 if cell.kind in REFUSALS and REFUSALS[cell.kind][2] > 1 else 1
        deployment.look(measured, iter([strikes(deployment, watch, cell, None) for _ in range(times)]))
        if cell.kind in PASSING:
            champion = deployment.world.registry.champion(watch.dataset) or {}
            assert champion.get("rolled_back_at"), "what passes by itself left a champion that made the yield worse"
        deployment.look(measured)
        for run in deployment.running():
            deployment.advance(run)

    def _go_on(self, dataset: str) -> None:
        """What runs ends; dead letters are replayed; the next good file makes a run, at the latest after the lease."""
        deployment = self.deployment
        deployment.run_all()
        deployment.deaf = False
        letters, deployment.dead_letters = deployment.dead_letters, []
        if letters or not self._next_run_went_well(dataset):
            deployment.expire(dataset)
            deployment.deliver(deployment.drop(dataset, "next"))
            deployment.run_all()
            for event in letters:
                deployment.deliver(event)
            deployment.run_all()
        assert not deployment.dead_letters, "Dispatch cannot handle an event though nothing fails any more"

    def _next_run_went_well(self, dataset: str) -> bool:
        runs = [each for each in self.deployment.executions.values() if each.given["dataset"] == dataset]
        waits = self.deployment.world.ledger.waiting(dataset)
        return not waits and sorted(runs, key=lambda run: run.name)[-1].status == "SUCCEEDED" and len(runs) > 2

    # getting there

    def _walk(self, dataset: str, text: str, size: int | None, *, failing: bool = False) -> None:
        """A first run makes the champion; the second one's states are the entries, while another file waits."""
        deployment = self.deployment
        told = [deployment.drop(dataset, "first")]
        deployment.deliver(told[0])
        deployment.run_all()
        (first,) = deployment.executions.values()
        event = deployment.drop(dataset, "second", text, size)
        point = deployment.point()
        told = [*told, deployment.ended(first)]
        deployment.deliver(event)
        held_back = not deployment.running()
        calls = len(deployment.calls["Dispatch"])
        self._enter(HOLD if held_back else START, Entry(point, dataset, None, event, told, calls))
        if held_back:
            self._wake(dataset, [*told, event])
        (run,) = deployment.running()
        waiting = deployment.drop(dataset, "waiting")
        deployment.deliver(waiting)
        told = [*told, event, waiting]
        if failing:
            deployment.trouble = Trouble(run.name, "TrainChallenger", _fails)
        while run.status == "RUNNING":
            state, point = run.state, deployment.point()
            run.step(deployment.perform)
            if STATES[state]["Type"] in ("Task", "Map"):
                calls = len(deployment.calls.get(state, ()))
                self._enter(state, Entry(point, dataset, run.name, None, told, calls))
            if state == "TrainChallenger":
                self._abort(deployment.point(), dataset, run, told)

    def _wake(self, dataset: str, told: list[dict[str, Any]]) -> None:
        """The timer that starts what was held back."""
        (event,) = self.deployment.wakes()
        point = self.deployment.point()
        self.deployment.deliver(event)
        self._enter(WAKE, Entry(point, dataset, None, event, told, len(self.deployment.calls["Dispatch"])))

    def _walk_alarm(self) -> None:
        """What follows the run that an alarm asked for; each place is gone on from where it was entered."""
        deployment = self.deployment
        for place, point, event, told in alarm_story.places(deployment):
            after = deployment.point()
            deployment.restore(point)
            if place == WATCH:
                deployment.look(event)
            else:
                deployment.deliver(event)
            calls = len(deployment.calls["WatchYield" if place == WATCH else "Dispatch"])
            self._enter(place, Entry(point, WATCHED, None, event, told, calls))
            deployment.restore(after)

    def _abort(self, point: Point, dataset: str, run: Execution, told: list[dict[str, Any]]) -> None:
        """The event of an aborted execution, which Dispatch has to end."""
        deployment, copied = self.deployment, run.copied()
        copied.stop("ABORTED")
        aborted = Point(point.snapshot, {**point.executions, run.name: copied}, point.job_names)
        event = deployment.ended(copied)
        deployment.restore(aborted)
        deployment.deliver(event)
        calls = len(deployment.calls["Dispatch"])
        deployment.restore(point)
        deployment.executions[run.name] = run
        self._enter(END, Entry(aborted, dataset, None, event, told, calls))

    def _enter(self, place: str, entry: Entry) -> None:
        self.entries.setdefault(place, entry)


def _fails(execution: Execution) -> Fault | None:
    raise failed_job("AlgorithmError: no rows")
