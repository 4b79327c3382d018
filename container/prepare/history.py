"""The history: every distinct row that the run knows, in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from container.prepare.column_types import SQL_TYPES
from container.prepare.engine import quoted, text
from evergreen.contract import Contract

PLACE = '"\nfirst place"'  # which file had the row first, by its number
Types = tuple[tuple[str, str], ...]
EARLIER = 0  # the number of earlier runs' files together; this run's files count from 1


@dataclass(frozen=True)
class History:
    """Distinct rows in one Parquet file, sorted by time."""

    path: Path
    rows: int
    first_day: date
    last_day: date
    new_rows: tuple[int, ...]  # per file of this run: rows that no file before it had


def gather(
    connection: duckdb.DuckDBPyConnection, contract: Contract, earlier: Sequence[Path], new: Sequence[Path], path: Path
) -> History | None:
    """Write the distinct rows of earlier and new Parquet files; None when there are none."""
    sources = [_read(contract, files, types, EARLIER) for types, files in _by_types(connection, earlier).items()] + [
        _read(contract, files, types, place)
        for place, file in enumerate(new, start=1)
        for types, files in _by_types(connection, [file]).items()
    ]
    if not sources:
        return None
    names = ", ".join(quoted(name) for name in contract.input.columns)
    time = quoted(contract.split.column)
    connection.execute(
        f"COPY (SELECT {names}, MIN({PLACE}) AS {PLACE} FROM ({' UNION ALL '.join(sources)}) "
        f"WHERE {time} IS NOT NULL GROUP BY {names} ORDER BY {time}) "
        f"TO {text(path)} (FORMAT parquet, CODEC lz4_raw, ROW_GROUP_SIZE 30_000)"
    )
    known = f"read_parquet({text(path)})"
    counts = connection.execute(f"SELECT {PLACE}, COUNT(*) FROM {known} GROUP BY 1").fetchall()
    first, last = connection.execute(f"SELECT MIN({time})::DATE, MAX({time})::DATE FROM {known}").fetchall()[0]
    if not counts:
        return None
    of_place = dict(counts)
    return History(
        path=path,
        rows=sum(of_place.values()),
        first_day=first,
        last_day=last,
        new_rows=tuple(of_place.get(place, 0) for place in range(1, len(new) + 1)),
    )


def _by_types(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> dict[Types, list[Path]]:
    """The files by the names and types of their columns: an earlier contract may have had others."""
    found: dict[Types, list[Path]] = {}
    for file in files:
        described = connection.execute(f"DESCRIBE FROM read_parquet({text(file)})").fetchall()
        found.setdefault(tuple((row[0], row[1]) for row in described), []).append(file)
    return found


def _read(contract: Contract, files: Sequence[Path], types: Types, place: int) -> str:
    had = {name.lower(): type for name, type in types}  # SQL's names know no case
    values = ", ".join(
        f"{_value(name, had.get(name.lower()), SQL_TYPES[column.type])} AS {quoted(name)}"
        for name, column in contract.input.columns.items()
    )
    listed = ", ".join(text(file) for file in files)
    return f"SELECT {values}, {place} AS {PLACE} FROM read_parquet([{listed}])"


def _value(name: str, had: str | None, type: str) -> str:
    if had is None:
        return f"CAST(NULL AS {type})"
    return quoted(name) if had == type else f"TRY_CAST({quoted(name)} AS {type})"
