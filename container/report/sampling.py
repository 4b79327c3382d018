"""A sample of many rows, the same in every run, and what it says of all of them."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import duckdb

from container.prepare.engine import quoted
from container.report.profile import Tally

ROWS = 50_000  # of so many, a decile is some tenths of a percentile off
CELLS = 5_000_000  # of many columns, fewer rows
SAMPLE = '"\nsample"'
Distinct = tuple[int, int]  # different values, and those of them that occur once


def take(connection: duckdb.DuckDBPyConnection, relation: str, rows: int, names: Sequence[str], number: str) -> str:
    """The relation itself, or a table of some of its rows by the hash of an SQL expression that numbers them."""
    size = min(ROWS, CELLS // len(names))
    if rows <= size:
        return relation
    columns = ", ".join(map(quoted, names))
    # DuckDB's own SAMPLE depends on its threads. Hashed, the numbers break no pattern of the rows.
    numbered = f'(SELECT {columns}, {number} AS "\nnumber" FROM {relation})'
    chosen = f'hash("\nnumber") % {math.ceil(rows / size)} = 0'
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {SAMPLE} AS SELECT {columns} FROM {numbered} WHERE {chosen}")
    return SAMPLE


def distinct(connection: duckdb.DuckDBPyConnection, sample: str, name: str) -> Distinct:
    """Count a column's values."""
    value = quoted(name)
    groups = f"SELECT COUNT(*) FROM {sample} WHERE {value} IS NOT NULL GROUP BY {value}"
    query = f"SELECT COUNT(*), COUNT(*) FILTER (times = 1) FROM ({groups}) AS groups(times)"
    found: Distinct = connection.execute(query).fetchall()[0]
    return found


def distinct_of_all(found: Distinct, sampled: int, present: int) -> int:
    """How many different values all rows have, after Haas and Stokes (1998)."""
    if not sampled:
        return 0
    different, once = (min(each, sampled) for each in found)
    return round(sampled * different / (sampled - once + once * sampled / present))


def of_all(counted: Tally, rows: int, present: int) -> Tally:
    """The counts that all rows would have if they were like the sample."""
    return Tally(missing=rows - present, counts=scaled(counted.counts, present), steps=scaled(counted.steps, present))


def scaled(counts: Sequence[int], total: int) -> tuple[int, ...]:
    """Counts in the same proportions that add up to a total."""
    found = sum(counts)
    if not found:
        return (*counts[:-1], total) if counts else ()
    ends = [round(end * total / found) for end in accumulate(counts)]
    return tuple(end - start for start, end in pairwise((0, *ends)))
