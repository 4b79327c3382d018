"""The lines that batch transform writes, as prediction rows."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from evergreen.errors import TrainingFailed


def read_rows(lines: Iterable[str], source: str, champion_run_id: str) -> Iterator[dict[str, Any]]:
    """Read `entity,duration,event_probability` lines: who, in how many days, and how likely within the horizon.

    Raises TrainingFailed naming source and line when a line is not of that form.
    """
    for number, cells in enumerate(csv.reader(lines), start=1):
        try:
            entity, duration, probability = cells
            row = {"prediction": round(float(duration), 2), "probability": round(float(probability), 4)}
        except ValueError as error:
            raise TrainingFailed(f"{source}, line {number}: {cells!r} is no prediction ({error})") from None
        yield {"entity": entity, **row, "model": champion_run_id}
