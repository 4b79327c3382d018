"""The contract's column types as SQL over text: what a value becomes, and why it is rejected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from container.prepare.engine import quoted, text
from evergreen.columns import Column

SQL_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "timestamp": "TIMESTAMP"}
WHOLE = r"[+-]?[0-9]+(\.0*)?"
DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
# A header is one line, so no column can have a name with a line feed.
LINE, TYPED = '"\nline"', '"\ntyped"'
LONGEST_ENTITY = 1000  # bytes
EARLIEST = "TIMESTAMP '1900-01-01'"


@dataclass(frozen=True)
class Check:
    """One reason to reject a row: an SQL condition on the raw text, and the words for it."""

    column: str
    rule: str
    condition: str
    reason: str


def typed_rows(raw: str, columns: Mapping[str, Column], formats: Mapping[str, str]) -> str:
    """SQL for the raw rows beside their typed values, each of which is computed once."""
    # UNNEST of one struct, for the optimiser would copy a plain subquery's expressions into every filter above it.
    values = ", ".join(
        f"{text(name)}: {_typed(quoted(name), column, formats.get(name))}"
        for name, column in columns.items()
        if column.type != "text"
    )
    return f"(SELECT *, UNNEST([{{{values}}}]) AS {TYPED} FROM {raw})"


def value(name: str, column: Column) -> str:
    """SQL that gives a column's value in `typed_rows`, NULL where there is none or it does not fit."""
    return quoted(name) if column.type == "text" else f"{TYPED}.{quoted(name)}"


def checks(columns: Mapping[str, Column], formats: Mapping[str, str], time: str, entity: str) -> list[Check]:
    """All reasons for which a row may be rejected."""
    found = []
    for name, column in columns.items():
        raw = quoted(name)
        if column.type != "text":
            condition = f"{raw} IS NOT NULL AND {value(name, column)} IS NULL"
            found.append(Check(name, "type", condition, _kind(column, formats.get(name))))
        if column.required or name == time:
            found.append(Check(name, "required", f"{raw} IS NULL", "is empty, but every row needs a value here"))
    if columns[entity].type == "text":
        found.append(_plain_entity(entity))
    return [*found, _in_the_past(time, columns[time])]


def _plain_entity(name: str) -> Check:
    """Entities become keys and lines of CSV."""
    raw = quoted(name)
    condition = rf"regexp_matches({raw}, '\p{{Cc}}') OR strlen({raw}) > {LONGEST_ENTITY}"
    reason = f"holds line ends or other control characters, or is over {LONGEST_ENTITY:,} bytes: give a plain id"
    return Check(name, "entity", f"COALESCE({condition}, false)", reason)


def _in_the_past(name: str, column: Column) -> Check:
    """Events lie between 1900 and today: one misdated row would move every cut-off."""
    latest = datetime.now(UTC) + timedelta(days=1)  # a day more, for it may be tomorrow where the data comes from
    condition = f"{value(name, column)} NOT BETWEEN {EARLIEST} AND TIMESTAMP '{latest:%Y-%m-%d}'"
    return Check(name, "range", f"COALESCE({condition}, false)", "is not a day from 1900 to today: correct the date")


def _typed(raw: str, column: Column, format: str | None) -> str:
    match column.type:
        case "integer":
            return f"CASE WHEN regexp_full_match(trim({raw}), {text(WHOLE)}) THEN TRY_CAST({raw} AS BIGINT) END"
        case "number":
            number = f"TRY_CAST({raw} AS DOUBLE)"
            return f"CASE WHEN regexp_full_match(trim({raw}), {text(DECIMAL)}) AND isfinite({number}) THEN {number} END"
        case _:
            return f"TRY_STRPTIME(trim({raw}), {text(format or column.formats[0])})"


def _kind(column: Column, format: str | None) -> str:
    match column.type:
        case "integer":
            return "is not a whole number like 17850"
        case "number":
            return "is not a number like 1234.5: no thousands separators, a point for decimals"
        case _:
            example = datetime(2010, 12, 1, 8, 26).strftime(format or column.formats[0])
            return f"is not a date like {example} ({' or '.join(column.formats)}, the same in the whole file)"
