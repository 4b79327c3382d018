"""The history: every row that the run uses, read from the accepted files or, where that is slow, from a copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from container.prepare.accepted import ORDER, ROWS_PER_FILE, accepted_rows, are_alike, lie_in_order
from container.prepare.engine import quoted, text
from container.prepare.repeated import find_repeated, forget_repeated, without
from evergreen.contract import Contract

MOST_FILES = 16  # that every query reads: each one costs it a look at the file's end
MOST_REPEATED = 0.1  # of the rows, that every query leaves out
FORMAT = "(FORMAT parquet, CODEC lz4_raw, ROW_GROUP_SIZE 30_000)"


@dataclass(frozen=True)
class History:
    """Rows in order of their files, or of time; the days, where there are."""

    connection: duckdb.DuckDBPyConnection
    relation: str  # SQL to select from, on this connection only
    rows: int
    first_day: date | None
    last_day: date | None
    new_rows: tuple[int, ...]  # per file of this run: rows that the history has of it
    changed_rows: tuple[int, ...]  # per file of this run: rows left out whose key is known with other values


def gather(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    earlier: Sequence[Path],
    new: Sequence[Path],
    path: Path,
    *,
    unlearned: Sequence[str] = (),
) -> History | None:
    """Gather earlier and new files' rows, as the contract says what dropping a file means; None without any.

    `path` is where a copy may be written.
    """
    files = dict(enumerate([*earlier, *new]))
    first_new = len(earlier)
    if contract.input.arrives == "replace":
        files = dict(list(files.items())[-1:])
    if not files:
        return None
    rows = f"({accepted_rows(connection, contract, files, unlearned)})"
    if contract.time_column:
        rows = f"(FROM {rows} WHERE {quoted(contract.time_column)} IS NOT NULL)"
    repeated = find_repeated(connection, contract, rows) if contract.input.arrives == "append" else 0
    kept = without(rows) if repeated else rows
    counts, first, last = _counts(connection, contract, kept)
    if not counts:
        return None
    total = sum(counts.values())
    if repeated > MOST_REPEATED * total or not _is_quick_to_read(connection, contract, files):
        connection.execute(f"COPY ({_in_order(contract, kept)}) TO {text(path)} {FORMAT}")
        forget_repeated(connection)
        kept = f"read_parquet({text(path)})"
    numbers = range(first_new, first_new + len(new))
    changed: dict[int, int] = {}
    if contract.input.key and new:
        fresh = accepted_rows(connection, contract, {number: files[number] for number in numbers})
        changed = _changed(connection, contract, f"({fresh})", kept)
    return History(
        connection=connection,
        relation=kept,
        rows=total,
        first_day=first,
        last_day=last,
        new_rows=tuple(counts.get(number, 0) for number in numbers),
        changed_rows=tuple(changed.get(number, 0) for number in numbers),
    )


def _is_quick_to_read(connection: duckdb.DuckDBPyConnection, contract: Contract, files: Mapping[int, Path]) -> bool:
    """Whether queries may read the files themselves: few, of the contract's types, an event log's in order of time."""
    paths = list(files.values())
    if len(paths) > MOST_FILES or not are_alike(connection, contract, paths):
        return False
    return not contract.features or lie_in_order(connection, paths, contract.time_column or "")


def _in_order(contract: Contract, rows: str) -> str:
    """An event log's rows by time, so that what lies before a cut-off lies together."""
    return f"FROM {rows} ORDER BY {quoted(contract.time_column or ORDER)}" if contract.features else f"FROM {rows}"


def _counts(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str
) -> tuple[dict[int, int], date | None, date | None]:
    """Rows by the number of their file, and the first and the last day."""
    time = quoted(contract.time_column) if contract.time_column else "CAST(NULL AS TIMESTAMP)"
    found = connection.execute(
        f"SELECT {quoted(ORDER)} // {ROWS_PER_FILE}, COUNT(*), MIN({time})::DATE, MAX({time})::DATE "
        f"FROM {rows} GROUP BY 1"
    ).fetchall()
    firsts, lasts = ([row[place] for row in found if row[place]] for place in (2, 3))
    return {row[0]: row[1] for row in found}, min(firsts, default=None), max(lasts, default=None)


def _changed(connection: duckdb.DuckDBPyConnection, contract: Contract, fresh: str, gathered: str) -> dict[int, int]:
    """Rows per file whose key the history has from another row, with other values."""
    same_key = " AND ".join(f"fresh.{quoted(name)} = known.{quoted(name)}" for name in contract.input.key)
    differs = " OR ".join(f"fresh.{name} IS DISTINCT FROM known.{name}" for name in _names(contract))
    return _per_file(
        connection,
        f"(SELECT fresh.{quoted(ORDER)} FROM {fresh} AS fresh JOIN {gathered} AS known ON {same_key} "
        f"AND fresh.{quoted(ORDER)} <> known.{quoted(ORDER)} WHERE {differs})",
    )


def _per_file(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[int, int]:
    query = f"SELECT {quoted(ORDER)} // {ROWS_PER_FILE}, COUNT(*) FROM {rows} GROUP BY 1"
    return dict(connection.execute(query).fetchall())


def _names(contract: Contract) -> list[str]:
    return [quoted(name) for name in contract.input.columns]
