"""The lines that batch transform writes, as prediction rows."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, isfinite, log10
from typing import Any

from evergreen.contract import Contract
from evergreen.errors import TrainingFailed
from evergreen.intervals import PredictionInterval
from evergreen.metrics import Task
from evergreen.segments import segment_of

_SIGNIFICANT_DIGITS = 6  # of a predicted value; a model's numbers have hardly more


def read_rows(
    lines: Iterable[str], source: str, champion_run_id: str, task: Task, interval: PredictionInterval | None = None
) -> Iterator[dict[str, Any]]:
    """Read a line per entity: `entity,days,probability`, `entity,value` or `entity,label,probability`, by task.

    With the model's interval, numbers have a lower and an upper end.
    Raises TrainingFailed naming source and line when a line is not of that form.
    """
    for number, cells in enumerate(csv.reader(lines), start=1):
        try:
            row = _row(cells, task)
        except ValueError as error:
            raise TrainingFailed(f"{source}, line {number}: {cells!r} is no prediction ({error})") from None
        if interval:
            row |= _ends(row["prediction"], interval, task)
        yield {**row, "model": champion_run_id}


def read_answers(
    lines: Sequence[str], source: str, champion_run_id: str, task: Task, interval: PredictionInterval | None = None
) -> list[dict[str, Any]]:
    """The same of lines that name no entity, as a model server answers; each is known by its place among them."""
    numbered = (f"{place},{line}" for place, line in enumerate(lines))
    return list(read_rows(numbered, source, champion_run_id, task, interval))


@dataclass(frozen=True)
class Scoring:
    """What all predictions of one part have in common."""

    contract: Contract
    generation: str
    champion_run_id: str
    as_of: str | None  # the day that the features are of; a table has none
    scored_at: datetime
    interval: PredictionInterval | None = None  # the champion's own

    def rows(self, lines: Iterable[str], source: str) -> Iterator[dict[str, Any]]:
        """Every prediction as readers see it; what it has none of is left out. Raises TrainingFailed as `read_rows`."""
        shared: dict[str, Any] = {"generation": self.generation, "scored_at": self.scored_at.isoformat()}
        shared |= {"as_of": self.as_of} if self.as_of else {}
        segments = self.contract.segments
        for row in read_rows(lines, source, self.champion_run_id, self.contract.task, self.interval):
            segment = segment_of(segments, row) if segments else None
            yield {**row, **shared, "segment": segment} if segment else {**row, **shared}


def _row(cells: list[str], task: Task) -> dict[str, Any]:
    if task == "regression":
        entity, value = cells
        return {"entity": entity, "prediction": _significant(value)}
    entity, prediction, probability = cells
    if task == "time_to_event":
        return {"entity": entity, "prediction": round(_finite(prediction), 2), "probability": _share(probability)}
    if not prediction:
        raise ValueError("the label is empty")
    return {"entity": entity, "prediction": prediction, "probability": _share(probability)}


def _ends(prediction: float, interval: PredictionInterval, task: Task) -> dict[str, float]:
    lower, upper = interval.around(prediction)
    if task == "time_to_event":
        return {"lower": round(lower, 2), "upper": round(upper, 2)}
    return {"lower": _rounded(lower), "upper": _rounded(upper)}


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is not finite")
    return value


def _share(text: str) -> float:
    value = _finite(text)
    if not 0 <= value <= 1:
        raise ValueError(f"{text} is no probability")
    return round(value, 4)


def _significant(text: str) -> float:
    return _rounded(_finite(text))


def _rounded(value: float) -> float:
    """Rounded behind the decimal point only."""
    return round(value, max(0, _SIGNIFICANT_DIGITS - 1 - floor(log10(abs(value))))) if value else 0.0
