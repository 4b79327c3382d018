"""Rows that an append history has already: the first row of each key stays, or without a key each distinct row."""

import duckdb

from container.prepare.accepted import ORDER
from container.prepare.engine import quoted
from evergreen.contract import Contract
from evergreen.targets import ColumnTarget

HASHES, ALIKE, REPEATED = '"\nhashes"', '"\nalike"', '"\nrepeated"'
HASH, LABELLED = '"\nhash"', '"\nlabelled"'


def find_repeated(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> int:
    """Count the rows to leave out, and remember their places; without a key a row is compared by all its values."""
    names = [quoted(name) for name in contract.input.key or contract.input.columns]
    group = ", ".join(names)
    if contract.input.key:  # a row with a part of its key missing is like no other
        incomplete = " OR ".join(f"{name} IS NULL" for name in names)
        group += f", CASE WHEN {incomplete} THEN {quoted(ORDER)} END"
    # Rows of one hash are few, and only they need to be compared by their values.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HASHES} AS SELECT hash({group}) AS {HASH} FROM {rows} "
        "GROUP BY 1 HAVING COUNT(*) > 1"
    )
    if not connection.execute(f"SELECT COUNT(*) FROM {HASHES}").fetchall()[0][0]:
        return 0
    labelled, first = "true", f"MIN({quoted(ORDER)})"
    if contract.input.key and isinstance(contract.target, ColumnTarget):  # a label may come later than its row
        labelled = f"{quoted(contract.target.column)} IS NOT NULL"
        first = f"COALESCE({first} FILTER ({LABELLED}), {first})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {ALIKE} AS SELECT {', '.join(names)}, {quoted(ORDER)}, {labelled} AS {LABELLED} "
        f"FROM {rows} WHERE hash({group}) IN (FROM {HASHES})"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {REPEATED} AS SELECT {quoted(ORDER)} FROM {ALIKE} "
        f"WHERE {quoted(ORDER)} NOT IN (SELECT {first} FROM {ALIKE} GROUP BY {group})"
    )
    for table in (HASHES, ALIKE):
        connection.execute(f"DROP TABLE {table}")
    return int(connection.execute(f"SELECT COUNT(*) FROM {REPEATED}").fetchall()[0][0])


def forget_repeated(connection: duckdb.DuckDBPyConnection) -> None:
    """Free what `without` needs."""
    connection.execute(f"DROP TABLE IF EXISTS {REPEATED}")


def without(rows: str) -> str:
    """SQL for the rows but for those that were found to be repeated."""
    return f"(FROM {rows} WHERE {quoted(ORDER)} NOT IN (FROM {REPEATED}))"
