"""The lines that batch transform writes, as prediction rows."""

import csv
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from evergreen.errors import TrainingFailed


def read_rows(lines: Iterable[str], source: str, champion_run_id: str) -> Iterator[dict[str, Any]]:
    """Read `entity,duration,event_probability` lines: who, in how many days, and how likely within the horizon.

    Raises TrainingFailed naming source and line when a line is not of that form.
    """
    for number, cells in enumerate(csv.reader(lines), start=1):
        try:
            entity, duration, probability = cells
            row = {"prediction": _finite(duration, 2), "probability": _finite(probability, 4)}
        except ValueError as error:
            raise TrainingFailed(f"{source}, line {number}: {cells!r} is no prediction ({error})") from None
        yield {"entity": entity, **row, "model": champion_run_id}


def _finite(text: str, digits: int) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is not finite")
    return round(value, digits)
