"""What a contract takes for a good inference: one expression over outcome, prediction and confidence."""

import re
from difflib import get_close_matches

import duckdb

from container.prepare.column_types import SQL_TYPES
from container.prepare.row_rules import rule_fault
from evergreen.columns import Column, ColumnType, Input, RowRule
from evergreen.contract import Contract
from evergreen.observed_yield import VERDICT_COLUMNS
from evergreen.targets import ColumnTarget

_UNKNOWN = re.compile(r'Referenced (?:column|table) "([^"]+)" not found')


def verdict_type(contract: Contract) -> str:
    """The SQL type of outcome and prediction in good_when."""
    return SQL_TYPES[_kind(contract)]


def good_when_fault(contract: Contract) -> str | None:
    """Why good_when is no verdict on one inference, in words; None when it is one, or is not stated."""
    stated = contract.observed_yield
    if stated is None or stated.good_when is None:
        return None
    kind = _kind(contract)
    types: dict[str, ColumnType] = {"outcome": kind, "prediction": kind, "confidence": "number"}
    given = Input(columns={name: Column(type=types[name]) for name in VERDICT_COLUMNS})
    with duckdb.connect(":memory:", config={"autoload_known_extensions": "false"}) as connection:
        fault = rule_fault(connection, RowRule(name="good_when", sql=stated.good_when, reason=""), given)
    unknown = _UNKNOWN.search(fault or "")
    if unknown is None:
        return fault
    near = get_close_matches(unknown[1], VERDICT_COLUMNS, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"names {unknown[1]!r}, which no inference has; {hint}There are: {', '.join(VERDICT_COLUMNS)}"


def _kind(contract: Contract) -> ColumnType:
    target = contract.target
    if not isinstance(target, ColumnTarget) or contract.task == "regression":
        return "number"
    return contract.input.columns[target.column].type
