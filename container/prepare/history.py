"""The history: every row that the run uses, in one Parquet file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from container.prepare.accepted import ORDER, ROWS_PER_FILE, accepted_rows
from container.prepare.engine import quoted, text
from evergreen.contract import Contract
from evergreen.targets import ColumnTarget

FIRSTS = '"\nfirsts"'
FORMAT = "(FORMAT parquet, CODEC lz4_raw, ROW_GROUP_SIZE 30_000)"


@dataclass(frozen=True)
class History:
    """Rows in one Parquet file, an event log's sorted by time, a table's as they came; the days, where there are."""

    path: Path
    rows: int
    first_day: date | None
    last_day: date | None
    new_rows: tuple[int, ...]  # per file of this run: rows that the history has of it
    changed_rows: tuple[int, ...]  # per file of this run: rows left out whose key is known with other values

    @property
    def relation(self) -> str:
        """SQL to select from."""
        return f"read_parquet({text(self.path)})"


def gather(
    connection: duckdb.DuckDBPyConnection, contract: Contract, earlier: Sequence[Path], new: Sequence[Path], path: Path
) -> History | None:
    """Write the rows of earlier and new files, as the contract says what dropping a file means; None without any."""
    files = dict(enumerate([*earlier, *new]))
    first_new = len(earlier)
    if contract.input.arrives == "replace":
        files = dict(list(files.items())[-1:])
    if not files:
        return None
    rows = f"({accepted_rows(connection, contract, files)})"
    if contract.time_column:
        rows = f"(FROM {rows} WHERE {quoted(contract.time_column)} IS NOT NULL)"
    _write(connection, contract, rows, path)
    gathered = f"read_parquet({text(path)})"
    counts = _per_file(connection, gathered)
    if not counts:
        return None
    first, last = _span(connection, contract, gathered)
    numbers = range(first_new, first_new + len(new))
    changed: dict[int, int] = {}
    if contract.input.key and new:
        fresh = accepted_rows(connection, contract, {number: files[number] for number in numbers})
        changed = _changed(connection, contract, f"({fresh})", gathered)
    return History(
        path=path,
        rows=sum(counts.values()),
        first_day=first,
        last_day=last,
        new_rows=tuple(counts.get(number, 0) for number in numbers),
        changed_rows=tuple(changed.get(number, 0) for number in numbers),
    )


def _write(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str, path: Path) -> None:
    """The first row of each key, a labelled one if there is any; without a key, each distinct row; of a snapshot, all."""
    time = quoted(contract.time_column or ORDER)
    if contract.input.arrives == "replace":
        selected = f"FROM {rows}"
    elif contract.features and not contract.input.key:
        names = ", ".join(_names(contract))
        first = f"MIN({quoted(ORDER)}) AS {quoted(ORDER)}"
        selected = f"SELECT {names}, {first} FROM {rows} GROUP BY {names} ORDER BY {time}"
    else:
        _find_firsts(connection, contract, rows)
        selected = f"FROM {rows} WHERE {quoted(ORDER)} IN (FROM {FIRSTS})"
        selected += f" ORDER BY {time}" if contract.features else ""  # what lies before a cut-off lies together
    connection.execute(f"COPY ({selected}) TO {text(path)} {FORMAT}")
    connection.execute(f"DROP TABLE IF EXISTS {FIRSTS}")


def _find_firsts(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> None:
    """Where each key is first; a row with a part of its key missing is like no other."""
    key = [quoted(name) for name in contract.input.key]
    if key:
        incomplete = " OR ".join(f"{name} IS NULL" for name in key)
        group = ", ".join([*key, f"CASE WHEN {incomplete} THEN {quoted(ORDER)} END"])
    else:
        group = f"ROW({', '.join(_names(contract))})"
    first = f"MIN({quoted(ORDER)})"
    if key and isinstance(contract.target, ColumnTarget):  # a label may come later than its row
        first = f"COALESCE({first} FILTER ({quoted(contract.target.column)} IS NOT NULL), {first})"
    connection.execute(f"CREATE TABLE {FIRSTS} AS SELECT {first} FROM {rows} GROUP BY {group}")


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


def _span(connection: duckdb.DuckDBPyConnection, contract: Contract, gathered: str) -> tuple[date | None, date | None]:
    if contract.time_column is None:
        return None, None
    time = quoted(contract.time_column)
    found: tuple[date, date] = connection.execute(
        f"SELECT MIN({time})::DATE, MAX({time})::DATE FROM {gathered}"
    ).fetchall()[0]
    return found


def _names(contract: Contract) -> list[str]:
    return [quoted(name) for name in contract.input.columns]
