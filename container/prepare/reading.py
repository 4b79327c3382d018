"""A dropped file as SQL: its rows with every column as text, and how many there must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from container.prepare.column_types import LINE, NUMBER, raw
from container.prepare.engine import quoted, text
from container.prepare.header import FileRefused, header_names, notes_on, positions
from container.prepare.lines import Malformed, Records, numbered_lines
from container.prepare.plain_text import PlainText
from container.prepare.scan import LONGEST_LINE
from evergreen.contract import Contract
from evergreen.targets import ColumnTarget

OWN_NUMBERS = ("BIGINT", "DOUBLE", "FLOAT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "DECIMAL")
TEMPORAL = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Reading:
    """A file's rows: `raw(name)` for each column of the contract, NULL where it is empty."""

    rows: str  # SQL
    numbered: str  # SQL, with LINE and NUMBER besides
    count: int  # how many rows there must be
    set_aside: int = 0  # rows that are no rows, written down already
    decimal: str = "."
    temporal: frozenset[str] = field(default=frozenset())  # columns that were timestamps before they became text
    notes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()  # columns of our own that travel with the rows


@dataclass(frozen=True)
class Header:
    """What the first line of a CSV file says."""

    delimiter: str
    width: int
    places: Mapping[str, int]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, line: str, delimiter: str, contract: Contract) -> "Header":
        """Find the contract's columns; what of a table is known only afterwards may be absent."""
        names = header_names(line, delimiter)
        places = positions(names, contract.input.columns, optional_columns(contract))
        return cls(delimiter, len(names), places, tuple(notes_on(names, places, contract.input.columns)))


def optional_columns(contract: Contract) -> tuple[str, ...]:
    """Columns that a file need not have: of a table, what is known only afterwards."""
    if not isinstance(contract.target, ColumnTarget):
        return ()
    roles = {contract.entity, contract.time_column, *contract.input.key}
    columns = contract.input.columns.items()
    later = (name for name, column in columns if not (column.feature or column.required or name in roles))
    return (contract.target.column, *later)


def directly(plain: PlainText, header: Header, contract: Contract) -> Reading:
    """Let DuckDB read the file itself, in parallel: each record is one line, so its line is known by its number."""
    source = _read_csv(plain.path, [f"field{place}" for place in range(header.width)], header.delimiter, 1)
    names = _texts({name: f"field{place}" for name, place in header.places.items()}, contract)
    number = "ROW_NUMBER() OVER ()"  # DuckDB keeps the order of the file
    return Reading(
        rows=f"(SELECT {names} FROM {source})",
        numbered=f"(SELECT {number} + 1 AS {LINE}, {number} AS {NUMBER}, {names} FROM {source})",
        count=plain.seen.lines - 1,
        decimal=contract.input.decimal,
    )


def line_by_line(plain: PlainText, header: Header, contract: Contract, clean: Path, malformed: Malformed) -> Reading:
    """Write a clean, numbered copy first, and set malformed records aside."""
    with plain.path.open("rb") as stream, clean.open("w", encoding="utf-8", newline="") as target:
        lines = numbered_lines(stream)
        next(lines)
        records = Records(header.width, header.delimiter, target, malformed)
        records.write(lines)
    fields = ["line", "number", *(f"field{place}" for place in range(header.width))]
    names = _texts({name: f"field{place}" for name, place in header.places.items()}, contract)
    source = _read_csv(clean, fields, header.delimiter, 0)
    rows = f"(SELECT CAST(line AS BIGINT) AS {LINE}, CAST(number AS BIGINT) AS {NUMBER}, {names} FROM {source})"
    return Reading(rows, rows, records.written, records.set_aside, contract.input.decimal)


def from_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, beside: tuple[str, ...] = ()
) -> Reading:
    """Take a Parquet file's values as text, so that the same checks hold, and columns `beside` them as they are."""
    try:
        described = connection.execute(f"DESCRIBE FROM read_parquet({text(path)})").fetchall()
        size = "SELECT SUM(total_uncompressed_size) FROM parquet_metadata(?)"
        unpacked = connection.execute(size, [str(path)]).fetchall()[0][0] or 0
        count = connection.execute("SELECT SUM(num_rows) FROM parquet_file_metadata(?)", [str(path)]).fetchall()[0][0]
    except duckdb.Error as error:
        raise damaged_parquet(error) from None
    if unpacked > contract.input.max_bytes:
        reason = f"the file holds more than {contract.input.max_bytes:,} bytes: split it, or raise input.max_bytes"
        raise FileRefused("file_too_large", reason)
    described = [row for row in described if row[0] not in beside]
    headers, types = [row[0] for row in described], [row[1] for row in described]
    places = positions(headers, contract.input.columns, optional_columns(contract))
    names = ", ".join(
        [_texts({name: headers[place] for name, place in places.items()}, contract), *map(quoted, beside)]
    )
    of_file = {name: types[place] for name, place in places.items()}
    marks = any(type.startswith(OWN_NUMBERS) for type in of_file.values())
    source = f"read_parquet({text(path)}, file_row_number = true)"
    return Reading(
        rows=f"(SELECT {names} FROM {source})",
        numbered=f"(SELECT file_row_number + 1 AS {LINE}, file_row_number + 1 AS {NUMBER}, {names} FROM {source})",
        count=count or 0,
        decimal="." if marks else contract.input.decimal,
        temporal=frozenset(name for name, type in of_file.items() if type.startswith(TEMPORAL)),
        notes=tuple(notes_on(headers, places, contract.input.columns)),
        beside=beside,
    )


def damaged_parquet(error: Exception) -> FileRefused:
    """A Parquet file that DuckDB cannot read."""
    message = " ".join(str(error).split())[:200]
    return FileRefused("damaged_parquet", f"the Parquet file cannot be read ({message}): write and upload it again")


def _texts(fields: Mapping[str, str], contract: Contract) -> str:
    return ", ".join(
        f"NULLIF(CAST({quoted(fields[name])} AS VARCHAR), '') AS {raw(name)}"
        if name in fields
        else f"CAST(NULL AS VARCHAR) AS {raw(name)}"
        for name in contract.input.columns
    )


def _read_csv(path: Path, fields: list[str], delimiter: str, skip: int) -> str:
    """The line end is DuckDB's to find: told that it is a return and a line feed, 1.5.6 reads no rows."""
    columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in fields)
    longest = LONGEST_LINE - 2 if skip else 4 * LONGEST_LINE
    return (
        f"read_csv({text(path)}, columns = {{{columns}}}, header = false, skip = {skip}, auto_detect = false, "
        f"delim = {text(delimiter)}, quote = '\"', escape = '\"', strict_mode = true, max_line_size = {longest}"
        + ("" if skip else r", new_line = '\n', parallel = false")  # the parallel reader gives up on some long records
        + ")"
    )
