"""The contract's own rules and patterns as SQL: checked once, before any row is."""

import json

import duckdb

from container.prepare.changing import changing, tree_nodes
from container.prepare.column_types import SQL_TYPES
from container.prepare.engine import quoted, text
from evergreen.columns import Input, RowRule

LONGEST_MESSAGE = 300
FORBIDDEN = {"SUBQUERY": "a subquery", "WINDOW": "a window function", "STAR": "a star", "PARAMETER": "a parameter"}


class RuleRefused(ValueError):
    """A rule of the contract is no DuckDB expression that says true or false of one row."""


def broken(rule: RowRule) -> str:
    """SQL: whether a row breaks the rule; one for which the rule cannot be computed does, too."""
    return f"COALESCE(TRY(COALESCE(NOT {_expression(rule)}, false)), true)"


def failing(rule: RowRule) -> str:
    """SQL: whether the rule cannot be computed for a row."""
    return f"(TRY(COALESCE({_expression(rule)}, true)) IS NULL)"


def refuse_wrong_rules(connection: duckdb.DuckDBPyConnection, given: Input) -> None:
    """Raise unless every rule is one boolean expression over the row, and every pattern a regular expression."""
    for name, column in given.columns.items():
        if column.pattern is not None:
            try:
                connection.execute(f"SELECT regexp_full_match('', {text(column.pattern)})")
            except duckdb.Error as error:
                raise RuleRefused(f"input.columns: the pattern of {name!r} is wrong: {_message(error)}") from error
    if given.rules:  # what two rules share would be computed outside their TRY, and one value would stop the run
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")
    for rule in given.rules:
        fault = rule_fault(connection, rule, given)
        if fault:
            raise RuleRefused(f"input.rules: {rule.name} ({rule.sql}) {fault}")


def _expression(rule: RowRule) -> str:
    return f"({rule.sql}\n)"  # the line ends what may be a comment


def rule_fault(connection: duckdb.DuckDBPyConnection, rule: RowRule, given: Input) -> str | None:
    """Why a rule is no condition of one row, in words; None when it is."""
    serialized = connection.execute("SELECT json_serialize_sql(?)", [f"SELECT {rule.sql}\n"]).fetchall()[0][0]
    tree = json.loads(serialized)
    if tree["error"]:
        return f"is no DuckDB expression: {tree['error_message'][:LONGEST_MESSAGE]}"
    nodes = [statement["node"] for statement in tree["statements"]]
    if len(nodes) != 1 or len(nodes[0].get("select_list", ())) != 1 or nodes[0]["from_table"]["type"] != "EMPTY":
        return "must be one expression and nothing else"
    kinds = [node.get("class") for node in tree_nodes(nodes[0])]
    if held := next((FORBIDDEN[kind] for kind in kinds if kind in FORBIDDEN), None):
        return f"holds {held}: a rule looks at one row alone"
    if held := changing(connection, nodes[0], given.columns):
        return f"holds {held}, which changes: a file must pass or fail the same way every day"
    values = ", ".join(
        f"CAST(NULL AS {SQL_TYPES[each.type]}) AS {quoted(name)}" for name, each in given.columns.items()
    )
    query = f"DESCRIBE SELECT *, {_expression(rule)}, {broken(rule)}, {failing(rule)} FROM (SELECT {values})"
    try:
        found = connection.execute(query).fetchall()
    except duckdb.Error as error:
        return f"does not work: {_message(error)}"
    kind = found[len(given.columns)][1]
    return None if kind == "BOOLEAN" else f"gives {kind}; a rule gives true or false"


def _message(error: Exception) -> str:
    return " ".join(str(error).split())[:LONGEST_MESSAGE]
