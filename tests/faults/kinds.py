"""What can go wrong, by name: how each kind of fault meets an attempt at a state."""

from __future__ import annotations

import math
from collections.abc import Callable

from evergreen.layout import ObservedLayout
from tests.faults.cells import CLOUD_KILLED, LOOKED_AT, OVERTAKEN, Cell
from tests.faults.deployment import Deployment, Trouble
from tests.faults.execution import Execution, TaskFailed
from tests.faults.invariants import Watch
from tests.faults.jobs import failed_job
from tests.faults.seam import Died, Fault

EVER = math.inf
REFUSALS = {  # what AWS answers to a call, and at how many attempts
    "throttled": ("ThrottlingException", 400, 1),
    "throttled for good": ("ThrottlingException", 400, EVER),
    "fails": ("InternalServerError", 500, 1),
    "denied": ("AccessDeniedException", 400, EVER),
}
DEATHS = {"killed": "Runtime.ExitError", "killed and invoked again": "Lambda.ServiceException"}
ERRORS: dict[str, tuple[TaskFailed, float]] = {  # what the state's service says, and at how many attempts
    "raises": (TaskFailed("RuntimeError", '{"errorMessage": "said the test"}'), 1),
    "times out": (TaskFailed("States.Timeout"), 1),
    "exits": (TaskFailed("Runtime.ExitError"), 1),
    "out of memory": (TaskFailed("Runtime.OutOfMemory"), 1),
    "too large": (TaskFailed("TooLargeForFunction"), 1),
    "store unavailable": (TaskFailed("StoreUnavailable"), 1),
    "out of reach": (TaskFailed("Lambda.TooManyRequestsException"), 1),
    "out of reach for good": (TaskFailed("Lambda.TooManyRequestsException"), EVER),
    "answer lost": (TaskFailed("Lambda.ServiceException"), 1),
    "S3 fails": (TaskFailed("S3.S3Exception"), 1),
    "S3 fails for good": (TaskFailed("S3.S3Exception"), EVER),
    "the list cannot be read": (TaskFailed("States.ItemReaderFailed"), 1),
    "the list cannot be read for good": (TaskFailed("States.ItemReaderFailed"), EVER),
    "SageMaker throttles": (TaskFailed("SageMaker.ThrottlingException"), 1),
    "SageMaker fails": (TaskFailed("SageMaker.AmazonSageMakerException"), 1),
    "SageMaker throttles for good": (TaskFailed("SageMaker.ThrottlingException"), EVER),
    "AlgorithmError": (failed_job("AlgorithmError: no rows"), 1),
    "InternalServerError": (failed_job("InternalServerError: try again"), 1),
    "InternalServerError for good": (failed_job("InternalServerError: try again"), EVER),
    "CapacityError": (failed_job("CapacityError: none left"), 1),
    "stopped": (failed_job("", status="Stopped"), 1),
}
PASSING = {  # what another attempt gets over, so that the run takes no notice
    *("killed and invoked again", "throttled", "fails", "out of reach", "answer lost", "S3 fails", "store unavailable"),
    "the list cannot be read",
    *("SageMaker throttles", "SageMaker fails", "InternalServerError", "CapacityError", "old events", "end unheard"),
    "sent again",
}
OVERTAKING = {"zombie", "aborted", "run timed out"}  # the next run goes all the way while an attempt of this one lasts


def trouble_of(deployment: Deployment, watch: Watch, cell: Cell, execution: Execution) -> Trouble:
    """The cell's fault, ready to happen."""
    trouble = Trouble(execution.name, cell.state)
    if cell.call:
        trouble.enter = _at_a_call(deployment, watch, cell)
        trouble.died_as = DEATHS.get(cell.kind, "")
    elif cell.kind in ERRORS:
        failed, times = ERRORS[cell.kind]
        happen = _says(watch, failed, times)
        if cell.moment == "before":
            trouble.enter = happen
        else:
            trouble.leave = happen
    else:
        trouble.enter = _at_the_entry(deployment, watch, cell)
    return trouble


def strikes(deployment: Deployment, watch: Watch, cell: Cell, execution: Execution | None) -> Fault:
    """The cell's fault at one call of one attempt."""

    def happen() -> tuple[str, int] | None:
        twice = cell.kind in MEANWHILE or cell.moment == "sent"
        watch.strike(overtaking=(twice and fault.struck[-1] == "Publish") or cell.kind == LOOKED_AT)
        if cell.moment == "sent":
            return None
        if cell.kind in DEATHS:
            raise Died
        if cell.kind == CLOUD_KILLED:
            cloud_killed(deployment, watch.dataset, execution)
            raise Died
        if cell.kind in REFUSALS:
            code, status, _ = REFUSALS[cell.kind]
            return code, status
        MEANWHILE[cell.kind](deployment, watch.dataset, execution)
        return None

    fault = Fault(cell.call, cell.moment, happen)
    return fault


def _at_a_call(deployment: Deployment, watch: Watch, cell: Cell) -> Callable[[Execution], Fault | None]:
    left = [REFUSALS[cell.kind][2] if cell.kind in REFUSALS else 1]

    def enter(execution: Execution) -> Fault | None:
        left[0] -= 1
        return strikes(deployment, watch, cell, execution) if left[0] >= 0 else None

    return enter


def _says(watch: Watch, failed: TaskFailed, times: float) -> Callable[[Execution], None]:
    left = [times]

    def happen(execution: Execution) -> None:
        left[0] -= 1
        if left[0] >= 0:
            watch.strike()
            raise TaskFailed(failed.error, failed.cause)

    return happen


def _at_the_entry(deployment: Deployment, watch: Watch, cell: Cell) -> Callable[[Execution], None]:
    left = [1]

    def enter(execution: Execution) -> None:
        left[0] -= 1
        if left[0] == 0:
            watch.strike()
            MEANWHILE[cell.kind](deployment, watch.dataset, execution)

    return enter


# what others do while the attempt stands still


def zombie(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """The run is paused past its lease; another takes it and goes all the way; then the old one wakes up."""
    with deployment.elsewhere():
        deployment.expire(dataset)
        deployment.deliver(deployment.drop(dataset, "meanwhile"))
        deployment.run_all(but=execution)


def aborted(deployment: Deployment, dataset: str, execution: Execution | None, status: str = "ABORTED") -> None:
    """The execution is stopped, and the next run goes all the way; the function goes on none the less."""
    assert execution
    with deployment.elsewhere():
        execution.stop(status)
        deployment.end(execution)
        deployment.run_all(but=execution)


def timed_out(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """The whole execution runs out of time."""
    aborted(deployment, dataset, execution, "TIMED_OUT")


def old_events(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """Every event so far comes again, the newest first."""
    with deployment.elsewhere():
        for event in reversed(deployment.told[:]):
            deployment.deliver(event)


def overtaken(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """Another process of Dispatch handles another file meanwhile, from the first call to the last."""
    with deployment.elsewhere():
        deployment.deliver(deployment.drop(dataset, "overtaking"))


def overwritten(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """Another process of Dispatch handles a newer version of the file that waits."""
    with deployment.elsewhere():
        deployment.deliver(deployment.drop(dataset, "second"))


def looked_at(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """Another process of WatchYield looks at the same measure meanwhile, from the first call to the last."""
    with deployment.elsewhere():
        deployment.look({"detail": {"object": {"key": ObservedLayout(dataset).series}}})


def nobody_hears(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """The event of the execution's end is lost."""
    deployment.deaf = True


def cloud_killed(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """The process of the laptop cloud ends, and with it everything that runs in it."""
    deployment.down = True
    if execution:
        execution.stop("LOST")


def loses_a_row(deployment: Deployment, dataset: str, execution: Execution | None) -> None:
    """Scoring says that it went well, and a row is missing."""
    assert execution
    deployment.jobs.losing.add(execution.name)


MEANWHILE: dict[str, Callable[[Deployment, str, Execution | None], None]] = {
    "zombie": zombie,
    "aborted": aborted,
    "run timed out": timed_out,
    "old events": old_events,
    OVERTAKEN: overtaken,
    LOOKED_AT: looked_at,
    "overwritten": overwritten,
    "end unheard": nobody_hears,
    "loses a row": loses_a_row,
    CLOUD_KILLED: cloud_killed,
}
