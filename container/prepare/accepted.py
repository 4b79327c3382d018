"""Accepted Parquet files as SQL, whatever contract they were accepted under."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from container.prepare.column_types import SQL_TYPES
from container.prepare.engine import quoted, text
from container.provenance import OBSERVED, OBSERVED_NAME, SOURCES, SOURCES_NAME, told_by
from container.signature import ROW_NUMBER
from evergreen.contract import Contract

ORDER = "\norder"  # a row's place among all rows: its file's number, then its row in the file
ROWS_PER_FILE = 1 << 40
Types = tuple[tuple[str, str], ...]


def accepted_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, files: Mapping[int, Path], unlearned: Sequence[str] = ()
) -> str:
    """SQL for the rows of files, by their numbers: the contract's columns, ORDER and, without an entity, ROW_NUMBER.

    Where the contract learns from recent items, OBSERVED and SOURCES say which rows are such; those of unlearned
    sources are left out.
    """
    before = {} if contract.entity else _rows_before(connection, files)
    groups: dict[Types, list[int]] = {}
    for number, types in _types(connection, files).items():
        groups.setdefault(types, []).append(number)
    return " UNION ALL ".join(
        _read(contract, [files[number] for number in numbers], dict(types), numbers, before)
        + _without(dict(types), unlearned)
        for types, numbers in groups.items()
    )


def are_alike(connection: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[Path]) -> bool:
    """Whether every file has the contract's columns in their types."""
    wanted = {name.lower(): SQL_TYPES[column.type] for name, column in contract.input.columns.items()}
    of_files = _types(connection, dict(enumerate(files))).values()
    return all(wanted.items() <= {name.lower(): type for name, type in types}.items() for types in of_files)


def lie_in_order(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], column: str) -> bool:
    """Whether rows of about one time lie together, so that a query for a span of time passes over the others."""
    query = (
        "WITH spans AS (SELECT TRY_CAST(stats_min_value AS TIMESTAMP) AS low, "
        "TRY_CAST(stats_max_value AS TIMESTAMP) AS high FROM parquet_metadata(?) WHERE lower(path_in_schema) = ?) "
        "SELECT SUM(epoch(high) - epoch(low)) <= 2 * (epoch(MAX(high)) - epoch(MIN(low))), COUNT(*) = COUNT(high) "
        "FROM spans"
    )
    together, known = connection.execute(query, [[str(file) for file in files], column.lower()]).fetchall()[0]
    return bool(together and known)


def _types(connection: duckdb.DuckDBPyConnection, files: Mapping[int, Path]) -> dict[int, Types]:
    """The names and types of each file's columns: an earlier contract may have had others."""
    query = "SELECT file_name, list((name, duckdb_type) ORDER BY column_id) FROM parquet_schema(?) "
    query += "WHERE duckdb_type IS NOT NULL GROUP BY ALL"
    of_path = dict(connection.execute(query, [[str(path) for path in files.values()]]).fetchall())
    return {number: tuple(map(tuple, of_path[str(path)])) for number, path in files.items()}


def _rows_before(connection: duckdb.DuckDBPyConnection, files: Mapping[int, Path]) -> dict[int, int]:
    """The number up to which rows before each file are counted: rejected ones count, too, so that none comes twice."""
    query = (
        "SELECT file_name, "
        "COALESCE(MAX(TRY_CAST(stats_max_value AS BIGINT)) FILTER (path_in_schema = ?), MAX(file_rows)) "
        "FROM parquet_metadata(?) JOIN (SELECT file_name, num_rows AS file_rows FROM parquet_file_metadata(?)) "
        "USING (file_name) GROUP BY 1"
    )
    names = [str(path) for path in files.values()]
    rows = dict(connection.execute(query, [ROW_NUMBER, names, names]).fetchall())
    found, total = {}, 0
    for number, path in sorted(files.items()):
        found[number] = total
        total += rows.get(str(path), 0)
    return found


def _read(
    contract: Contract, files: Sequence[Path], types: Mapping[str, str], numbers: list[int], before: Mapping[int, int]
) -> str:
    had = {name.lower(): type for name, type in types.items()}  # SQL's names know no case
    values = [
        f"{_value(had, (name, *column.aliases), SQL_TYPES[column.type])} AS {quoted(name)}"
        for name, column in contract.input.columns.items()
    ]
    if contract.teachers:
        values.append(f"{OBSERVED if OBSERVED_NAME in types else 'CAST(NULL AS TIMESTAMP)'} AS {OBSERVED}")
        values.append(f"{SOURCES if SOURCES_NAME in types else 'CAST(NULL AS VARCHAR)'} AS {SOURCES}")
    order = f"{_of_file(numbers)} * {ROWS_PER_FILE} + file_row_number"
    values.append(f"{order} AS {quoted(ORDER)}")
    if not contract.entity:
        number = quoted(ROW_NUMBER) if ROW_NUMBER in types else "file_row_number + 1"
        values.append(f"{_of_file([before[place] for place in numbers])} + {number} AS {quoted(ROW_NUMBER)}")
    listed = ", ".join(text(file) for file in files)
    return f"SELECT {', '.join(values)} FROM read_parquet([{listed}])"


def _without(types: Mapping[str, str], unlearned: Sequence[str]) -> str:
    """SQL that leaves out rows which an unlearned source has told."""
    if not unlearned or SOURCES_NAME not in types:
        return ""
    return f" WHERE NOT {told_by(unlearned)}"


def _of_file(values: Sequence[int]) -> str:
    """SQL for the value that belongs to the file of a row."""
    if len(values) == 1:
        return f"CAST({values[0]} AS BIGINT)"
    return f"CAST({list(values)} AS BIGINT[])[CAST(file_index AS BIGINT) + 1]"


def _value(had: Mapping[str, str], names: Sequence[str], type: str) -> str:
    """SQL for a column of the contract; it may have been accepted under one of its other names."""
    name = next((each for each in names if each.lower() in had), None)
    if name is None:
        return f"CAST(NULL AS {type})"
    return quoted(name) if had[name.lower()] == type else f"TRY_CAST({quoted(name)} AS {type})"
