"""`python -m container.survey.queries`: a contract's SQL on empty tables, before any data has come."""

import sys
from collections.abc import Iterator

import duckdb

from container.measure_yield.good_when import good_when_fault
from container.prepare.engine import quoted
from container.prepare.row_rules import rule_fault
from evergreen.columns import Input, RowRule
from evergreen.contract import Contract
from evergreen.contracts import DatasetFolder
from evergreen.targets import EventTarget

SQL_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP"}


def faults(folder: DatasetFolder) -> Iterator[str]:
    """What DuckDB says of each query and each rule that does not fit the contract's columns."""
    contract = folder.contract
    with _empty(contract, "rows") as connection:
        for rule in contract.input.rules:
            yield from _of_rule(connection, rule, contract.input)
    if fault := good_when_fault(contract):
        yield f"yield.good_when: {fault}"
    target = contract.target
    if not isinstance(target, EventTarget) or contract.features is None or contract.entity is None:
        return
    # Features see the past only, targets what follows: each query gets just its own table.
    with _empty(contract, "history") as connection:
        yield from _of_query(connection, contract.features, folder.sql[contract.features], [contract.entity])
    with _empty(contract, "followup") as connection:
        yield from _of_query(connection, target.sql, folder.sql[target.sql], [contract.entity, target.duration])


def _empty(contract: Contract, table: str) -> duckdb.DuckDBPyConnection:
    """A database with one empty table of the contract's columns."""
    columns = ", ".join(f"{quoted(name)} {SQL_TYPES[each.type]}" for name, each in contract.input.columns.items())
    connection = duckdb.connect(":memory:", config={"autoload_known_extensions": "false"})
    connection.execute(f"CREATE TABLE {quoted(table)} ({columns})")
    connection.execute("SET VARIABLE as_of = DATE '2020-01-01'")
    return connection


def _of_rule(connection: duckdb.DuckDBPyConnection, rule: RowRule, given: Input) -> Iterator[str]:
    place, sql = f"input.rules {rule.name}", rule.sql
    try:
        if len(duckdb.extract_statements(f"SELECT ({sql}) FROM rows")) != 1:
            yield f"{place}: must be one expression"
            return
        ((_, kind, *_),) = connection.execute(f"DESCRIBE SELECT ({sql}) FROM rows").fetchall()
    except (duckdb.Error, ValueError) as error:
        yield f"{place}: {_words(error)}"
        return
    if kind != "BOOLEAN":
        yield f"{place}: gives {kind}, but a rule is true or false"
    elif fault := rule_fault(connection, rule, given):
        yield f"{place}: {fault}"


def _of_query(connection: duckdb.DuckDBPyConnection, name: str, sql: str, needed: list[str]) -> Iterator[str]:
    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            yield f"{name}: must hold one SELECT and nothing else"
            return
        given = [row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
    except duckdb.Error as error:
        yield f"{name}: {_words(error)}"
        return
    for column in needed:
        if column not in given:
            yield f"{name}: gives no column {column!r}, only {', '.join(given)}"


def _words(error: Exception) -> str:
    """DuckDB's own words without the echo of the query."""
    return " ".join(str(error).split("\n\nLINE")[0].split())


if __name__ == "__main__":
    for fault in faults(DatasetFolder.model_validate_json(sys.stdin.read())):
        print(fault)
