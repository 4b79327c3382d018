"""The cells of the matrix: each Task of the workflow, and Dispatch, times each fault that can meet it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.deployment import FUNCTIONS, OF_THE_IMAGE
from tests.faults.execution import TASKS
from tests.faults.seam import Moment

START, END = "Dispatch of a drop", "Dispatch of an end"
HOLD, WAKE = "Dispatch of a drop that is held back", "Dispatch of a timer"
AGAIN, CALL = "Dispatch of a timer of an alarm that stays on", "Dispatch of the last timer of such an alarm"
WATCH = "WatchYield of a champion that made the yield worse"
EVENTS = (START, END, HOLD, WAKE, AGAIN, CALL)
PLACES = (*TASKS, *EVENTS, WATCH)
OVERTAKEN, LOOKED_AT = "overtaken", "looked at meanwhile"
CLOUD_KILLED = "cloud killed"
_MEANWHILE = ("zombie", "aborted", "run timed out", "old events", "end unheard", CLOUD_KILLED)
_AT_A_CALL: dict[str, tuple[Moment, ...]] = {
    "killed": ("before", "after"),
    "killed and invoked again": ("before", "after"),
    "throttled": ("before",),
    "throttled for good": ("before",),
    "fails": ("before", "after"),
    "denied": ("before",),
    "sent again": ("sent",),
    "zombie": ("before",),
    "aborted": ("before",),
    CLOUD_KILLED: ("after",),
}
_OF_DISPATCH: dict[str, tuple[Moment, ...]] = {
    **{kind: _AT_A_CALL[kind] for kind in ("killed", "throttled", "fails", "denied", "sent again")},
    OVERTAKEN: ("before",),
}
_OF_WATCH: dict[str, tuple[Moment, ...]] = {
    **_OF_DISPATCH,
    "throttled for good": ("before",),
    LOOKED_AT: ("before",),
}
_OF_FUNCTIONS: dict[str, tuple[Moment, ...]] = {
    "raises": ("before", "after"),
    "times out": ("before", "after"),
    "answer lost": ("after",),
    "out of reach": ("before",),
    "out of reach for good": ("before",),
}
_OF_JOBS: dict[str, tuple[Moment, ...]] = {
    "AlgorithmError": ("before",),
    "InternalServerError": ("before", "after"),
    "InternalServerError for good": ("before",),
    "CapacityError": ("before",),
    "stopped": ("before",),
    "SageMaker throttles": ("before",),
    "SageMaker throttles for good": ("before",),
    "SageMaker fails": ("after",),
    "times out": ("before", "after"),
}
_OF_OTHERS: dict[str, dict[str, tuple[Moment, ...]]] = {
    "PrepareSmallData": {
        **_OF_FUNCTIONS,
        **dict.fromkeys(("exits", "out of memory", "too large", "store unavailable"), ("before",)),
    },
    "CollectSamples": {
        **_OF_FUNCTIONS,
        **dict.fromkeys(("exits", "out of memory", "too large", "store unavailable"), ("before",)),
    },
    "LogScores": {
        **_OF_FUNCTIONS,
        **dict.fromkeys(("exits", "out of memory", "store unavailable"), ("before",)),
    },
    "ReadDataSummary": dict.fromkeys(("S3 fails", "S3 fails for good", "times out"), ("before", "after")),
    "LoadEachPart": dict.fromkeys(("the list cannot be read", "the list cannot be read for good"), ("before",)),
    "CreateModel": {
        "SageMaker throttles": ("before",),
        "SageMaker throttles for good": ("before",),
        "SageMaker fails": ("after",),
        "times out": ("after",),
    },
}


@dataclass(frozen=True)
class Cell:
    """One fault at one place."""

    state: str
    kind: str
    moment: Moment = "before"
    call: int = 0  # at which call to AWS of the attempt; 0: at its beginning or end

    def __str__(self) -> str:
        return f"{self.state}: {self.kind} {self.moment}" + (f" call {self.call}" if self.call else "")


def kinds_at(place: str) -> list[str]:
    """Every kind of fault that can meet a state."""
    return list(dict.fromkeys(cell.kind for cell in cells_at(place, calls=1)))


def cells_at(place: str, calls: int) -> Iterator[Cell]:
    """Every cell of a state whose attempt makes so many calls."""
    if place in EVENTS:
        yield from _at_calls(place, {**_OF_DISPATCH, CLOUD_KILLED: ("after",)}, calls)
        if place == WAKE:
            yield from _at_calls(place, {"overwritten": ("before",)}, calls)
        yield Cell(place, "old events")
        return
    if place == WATCH:
        yield from _at_calls(place, _OF_WATCH, calls)
        return
    whole = _OF_OTHERS.get(place, _OF_FUNCTIONS if place in FUNCTIONS else _OF_JOBS)
    yield from (Cell(place, kind, moment) for kind, moments in whole.items() for moment in moments)
    yield from (Cell(place, kind) for kind in _MEANWHILE)
    if place == "ScoreEntities":
        yield Cell(place, "loses a row")
    if _is_ours(place):
        yield from _at_calls(place, _AT_A_CALL, calls)


def _at_calls(place: str, kinds: dict[str, tuple[Moment, ...]], calls: int) -> Iterator[Cell]:
    for call in range(1, calls + 1):
        yield from (Cell(place, kind, moment, call) for kind, moments in kinds.items() for moment in moments)


def _is_ours(place: str) -> bool:
    """Whether its calls go through our stores, and not through the container's own."""
    return place in FUNCTIONS and place not in OF_THE_IMAGE
