"""The contract's column types as SQL over text: what a value becomes, and why it is rejected."""

from collections.abc import Mapping

from container.prepare.dates import DateFormat, means_missing
from container.prepare.engine import quoted, text
from evergreen.columns import Column

SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}
DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
TRUE, FALSE = "'true', 'yes', '1', 't', 'y'", "'false', 'no', '0', 'f', 'n'"
# A header is one line, so no column can have a name with a line feed.
LINE, NUMBER, TYPED = '"\n\nline"', '"\n\nnumber"', '"\n\ntyped"'


def raw(name: str) -> str:
    """A column's text in the rows of a file."""
    return quoted(f"\n{name}")


def typed_rows(rows: str, columns: Mapping[str, Column], formats: Mapping[str, DateFormat], decimal: str) -> str:
    """SQL for the rows of a file with their typed values, each of which is computed once."""
    # UNNEST of one struct, for the optimiser would copy a plain subquery's expressions into every filter above it.
    values = ", ".join(
        f"{text(name)}: {_typed(raw(name), column, formats.get(name), decimal)}"
        for name, column in columns.items()
        if column.type != "text"
    )
    unnested = f"(SELECT *, UNNEST([{{{values}}}]) AS {TYPED} FROM {rows})" if values else rows
    names = ", ".join(f"{_value(name, column)} AS {quoted(name)}" for name, column in columns.items())
    return f"(SELECT *, {names} FROM {unnested})"


def as_text(value: str, column: Column, decimal: str) -> str:
    """SQL for a typed value as a file of the contract may hold it."""
    match column.type:
        case "timestamp" if column.formats:
            return f"strftime({value}, {text(column.formats[0])})"
        case "number" if decimal == ",":
            return f"replace(CAST({value} AS VARCHAR), '.', ',')"
        case _:
            return f"CAST({value} AS VARCHAR)"


def missing(name: str, column: Column) -> str:
    """SQL: whether a column without a typed value is empty, or holds a usual mark for that."""
    empty = f"{raw(name)} IS NULL"
    return empty if column.type == "text" else f"({empty} OR {means_missing(raw(name))})"


def kind(column: Column, format: DateFormat | None, decimal: str) -> str:
    """What a value of the column's type looks like, in the words of a reason."""
    match column.type:
        case "integer":
            return "is not a whole number like 17850, within 64 bits"
        case "number" if decimal == ",":
            return "is not a number like 1234,5: no thousands separators, a comma for decimals"
        case "number":
            return (
                "is not a number like 1234.5: no thousands separators, a point for decimals "
                '(for commas, state `decimal: ","` in the contract\'s input)'
            )
        case "boolean":
            return "is neither true nor false: write true/false, yes/no or 1/0"
        case _:
            example = format.example if format else "2010-12-01"
            formats = " or ".join(column.formats) or (format.name if format else "")
            return f"is not a date like {example} ({formats}, the same in the whole file)"


def _value(name: str, column: Column) -> str:
    return raw(name) if column.type == "text" else f"{TYPED}.{quoted(name)}"


def _typed(value: str, column: Column, format: DateFormat | None, decimal: str) -> str:
    pointed = value if decimal == "." else f"replace({value}, ',', '.')"
    mark = r"\." if decimal == "." else ","
    match column.type:
        case "integer":
            whole = f"TRY_CAST({pointed} AS BIGINT)"
            plain = f"CAST(TRY_CAST({value} AS BIGINT) AS VARCHAR) = {value}"  # quicker than the pattern
            pattern = text(rf" *[+-]?[0-9]+({mark}0*)? *")
            return f"CASE WHEN {plain} OR regexp_full_match({value}, {pattern}) THEN {whole} END"
        case "number":
            number = f"TRY_CAST({pointed} AS DOUBLE)"
            pattern = text(f" *{DECIMAL.replace(chr(92) + '.', mark)} *")
            return f"CASE WHEN regexp_full_match({value}, {pattern}) AND isfinite({number}) THEN {number} END"
        case "boolean":
            plain = f"lower(trim({value}))"
            return f"CASE WHEN {plain} IN ({TRUE}) THEN true WHEN {plain} IN ({FALSE}) THEN false END"
        case _:
            return format.sql(value) if format else "CAST(NULL AS TIMESTAMP)"
