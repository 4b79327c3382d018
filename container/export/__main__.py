"""`python -m container.export`: JSON lines on stdin become Parquet on stdout, a row group at a time."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_OF_A_GROUP = 50_000
_NUMBERS = ("prediction", "lower", "upper", "probability")
_COLUMNS = ("entity", *_NUMBERS, "segment", "generation", "model", "scored_at", "as_of")


def export(lines: Iterable[str], target: IO[bytes]) -> int:
    """Write every row; labels stay text, numbers are doubles, and what a row has none of is null."""
    rows = (json.loads(line) for line in lines)
    first = list(islice(rows, 1))
    schema = _schema(first[0] if first else {})
    written = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for group in _groups(first, rows):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            written += len(group)
    return written


def _groups(first: list[dict[str, Any]], rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group = [*first, *islice(rows, ROWS_OF_A_GROUP - len(first))]
    while group:
        yield group
        group = list(islice(rows, ROWS_OF_A_GROUP))


def _schema(row: dict[str, Any]) -> pa.Schema:
    numbers = {name for name in _NUMBERS if not isinstance(row.get(name), str)}
    return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in _COLUMNS])


if __name__ == "__main__":
    export(sys.stdin, sys.stdout.buffer)
