"""Every reason for which a row may be rejected, as SQL over `typed_rows`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from container.prepare.column_types import kind, missing, raw
from container.prepare.dates import DateFormat
from container.prepare.engine import quoted, text
from container.prepare.row_rules import broken, failing
from evergreen.columns import Bound, Column, RowRule
from evergreen.contract import Contract

LONGEST_ENTITY = 1000  # bytes
EARLIEST = "TIMESTAMP '1900-01-01'"
MOST_ALLOWED = 10  # values that a reason lists


@dataclass(frozen=True)
class Check:
    """One reason to reject a row: an SQL condition, the words for it, and SQL for words that differ by row."""

    column: str | None
    rule: str
    condition: str
    reason: str
    detail: str = "NULL"


def checks(contract: Contract, formats: Mapping[str, DateFormat], decimal: str) -> list[Check]:
    """All reasons for which a row may be rejected, but for values that must not occur twice."""
    found: list[Check] = []
    for name, column in contract.input.columns.items():
        found += _of_column(name, column, formats.get(name), decimal, name == contract.time_column)
    if contract.entity and contract.input.columns[contract.entity].type == "text":
        found.append(_plain_entity(contract.entity))
        if not contract.input.columns[contract.entity].required:
            reason = "holds nothing but blanks: give a plain id"
            found.append(Check(contract.entity, "entity", _blank(quoted(contract.entity)), reason))
    if contract.time_column:
        found.append(_in_the_past(contract.time_column))
    found += map(_of_rule, contract.input.rules)
    return [*found, *_no_row(contract)]


def of_columns(columns: Mapping[str, Column], formats: Mapping[str, DateFormat], decimal: str) -> list[Check]:
    """What may be wrong with values of these columns, each looked at by itself."""
    return [
        check
        for name, column in columns.items()
        for check in _of_column(name, column, formats.get(name), decimal, is_time=False)
    ]


def repeated(name: str, line: str, first: str) -> Check:
    """A value that an earlier line has."""
    reason = "must not occur twice in a file"
    detail = f"', and line ' || {first} || ' has it already'"
    return Check(name, "unique", f"COALESCE({line} > {first}, false)", reason, detail)


def _of_column(name: str, column: Column, format: DateFormat | None, decimal: str, is_time: bool) -> Iterator[Check]:
    value, absent = quoted(name), missing(name, column)
    if column.type != "text":
        condition = f"CASE WHEN {value} IS NULL THEN NOT {absent} ELSE false END"
        yield Check(name, "type", condition, kind(column, format, decimal))
    if column.required or is_time:
        # CASE, for text is compared only where there is no typed value.
        empty = f"CASE WHEN {value} IS NULL THEN {absent} ELSE false END"
        condition = f"({absent} OR {_blank(value)})" if column.type == "text" else empty
        yield Check(name, "required", condition, "is empty, but every row needs a value here")
    for bound, sign, words in ((column.min, "<", "less than the least"), (column.max, ">", "more than the most")):
        if bound is not None:
            condition = f"COALESCE({_beyond(value, sign, bound)}, false)"
            yield Check(name, "range", condition, f"is {words} allowed, {bound}")
    if column.allowed:
        listed = ", ".join(map(text, column.allowed))
        shown = ", ".join(column.allowed[:MOST_ALLOWED]) + (", …" if len(column.allowed) > MOST_ALLOWED else "")
        yield Check(
            name, "allowed", f"COALESCE(CAST({value} AS VARCHAR) NOT IN ({listed}), false)", f"is none of: {shown}"
        )
    if column.pattern is not None:
        condition = f"COALESCE(NOT regexp_full_match({value}, {text(column.pattern)}), false)"
        yield Check(name, "pattern", condition, f"does not match {column.pattern}")


def _blank(value: str) -> str:
    """SQL: whether a text holds blanks only, of whatever kind; false where there is none."""
    return rf"COALESCE(NOT regexp_matches({value}, '[^\s\p{{Z}}]'), false)"


def _beyond(value: str, sign: str, bound: Bound) -> str:
    if isinstance(bound, datetime):
        moment = bound.astimezone(UTC).replace(tzinfo=None) if bound.tzinfo else bound
        return f"{value} {sign} TIMESTAMP '{moment.isoformat(sep=' ')}'"
    if isinstance(bound, date):  # the latest day counts to its end
        return f"CAST({value} AS DATE) {sign} DATE '{bound.isoformat()}'"
    return f"{value} {sign} {bound}" if isinstance(bound, int) else f"{value} {sign} CAST('{bound!r}' AS DOUBLE)"


def _plain_entity(name: str) -> Check:
    """Entities become keys and lines of CSV."""
    value = quoted(name)
    condition = rf"regexp_matches({value}, '\p{{Cc}}') OR strlen({value}) > {LONGEST_ENTITY}"
    reason = f"holds line ends or other control characters, or is over {LONGEST_ENTITY:,} bytes: give a plain id"
    return Check(name, "entity", f"COALESCE({condition}, false)", reason)


def _in_the_past(name: str) -> Check:
    """Rows lie between 1900 and today: one misdated row would move every cut-off."""
    latest = datetime.now(UTC) + timedelta(days=1)  # a day more, for it may be tomorrow where the data comes from
    condition = f"{quoted(name)} NOT BETWEEN {EARLIEST} AND TIMESTAMP '{latest:%Y-%m-%d}'"
    return Check(name, "range", f"COALESCE({condition}, false)", "is not a day from 1900 to today: correct the date")


def _of_rule(rule: RowRule) -> Check:
    detail = f"CASE WHEN {failing(rule)} THEN ' (the rule cannot be computed for this row)' END"
    return Check(None, rule.name, broken(rule), rule.reason, detail)


def _no_row(contract: Contract) -> Iterator[Check]:
    """Lines that other checks may let pass: those without any value, and a header line that comes again."""
    columns = contract.input.columns
    if not any(column.required for column in columns.values()) and not contract.time_column:
        condition = " AND ".join(f"{raw(name)} IS NULL" for name in columns)
        yield Check(None, "empty_row", condition, "the row holds no value at all: delete it")
    if all(column.type == "text" for column in columns.values()):
        condition = " AND ".join(
            f"{raw(name)} IN ({', '.join(map(text, (name, *column.aliases)))})" for name, column in columns.items()
        )
        yield Check(None, "header", f"COALESCE({condition}, false)", "is the header once more: delete it")
