"""One part of a run's predictions as an inference log, made a few thousand rows at a time."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow.parquet as pq

from evergreen.inference import OWN_COLUMNS, confidence
from evergreen.metrics import Task
from evergreen.predictions import read_rows

_AT_ONCE = 10_000  # rows
_QUICK = 6  # of gzip's levels: the next ones cost twice as much and save two percent
Row = dict[str, Any]


class RowsDiffer(ValueError):
    """What was scored and what was to be scored are not of the same entities."""


@dataclass(frozen=True)
class ScoredPart:
    """What all predictions of one part have in common."""

    source: str  # s3 URI of what batch transform wrote
    task: Task
    positive: str | None  # of a binary task: the label whose probability is given
    model: str
    scored_at: datetime

    def write_log(self, predictions: Path, dropped: Path | None, target: Path) -> int:
        """Write a row for each prediction, beside its entity's row as it was dropped; gives how many.

        Raises TrainingFailed as `read_rows`, and RowsDiffer.
        """
        written = 0
        with predictions.open(encoding="utf-8", newline="") as lines, _packed(target) as text:
            writer = csv.writer(text, lineterminator="\n")
            rows = read_rows(lines, self.source, self.model, self.task)
            names = pq.read_schema(dropped).names[1:] if dropped else []
            writer.writerow([*OWN_COLUMNS, *names])
            for entities, columns in _batches(dropped):
                scored = list(islice(rows, _AT_ONCE if entities is None else len(entities)))
                if entities is not None and [row["entity"] for row in scored] != entities:
                    raise RowsDiffer(f"{self.source}, after row {written}: not the entities that were to be scored")
                if not scored:
                    break
                writer.writerows(zip(*self._own(scored), *columns, strict=True))
                written += len(scored)
            if next(rows, None) is not None:
                raise RowsDiffer(f"{self.source} has more than the {written} rows that were to be scored")
        return written

    def _own(self, rows: Sequence[Row]) -> Iterator[list[Any]]:
        yield [row["entity"] for row in rows]
        yield [self.scored_at.isoformat()] * len(rows)
        yield [row["prediction"] for row in rows]
        yield [confidence(row, self.task, self.positive) for row in rows]
        yield [None] * len(rows)  # the outcome; nobody knows it yet
        yield [self.model] * len(rows)


def _batches(dropped: Path | None) -> Iterator[tuple[list[str] | None, list[list[str | None]]]]:
    """The entities of a few rows as they were dropped, and their columns; without such rows nothing, for ever."""
    if dropped is None:
        while True:
            yield None, []
    with pq.ParquetFile(dropped) as file:
        for batch in file.iter_batches(batch_size=_AT_ONCE):
            entities, *columns = (column.to_pylist() for column in batch.columns)
            yield entities, columns


@contextmanager
def _packed(target: Path) -> Iterator[TextIO]:
    """Text that is compressed; neither a time nor a name in it, so that the same rows are the same bytes."""
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_QUICK, fileobj=file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text
