"""Rows counted by given bins, exactly: one aggregate query for a few columns at a time."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from container.prepare.engine import quoted
from container.report.profile import Categories, Numbers, Shape, Tally, Times

LONGEST_VALUE = 100  # characters of a text by which it is told from others
COLUMNS_PER_PASS = 8  # planning time grows with the square of the aggregates


def of_numbers(aggregate: str, name: str, bins: str = "") -> str:
    """SQL that aggregates a column's finite numbers; a filter, for quantiles of a CASE take three times as long."""
    value = f"CAST({quoted(name)} AS DOUBLE)" if bins else quoted(name)  # bins may lie beyond the largest integer
    return f"{aggregate}({value}{bins}) FILTER (isfinite({quoted(name)}))"


def category(name: str) -> str:
    """SQL that gives a column as a short text; bytes are counted first, for to count characters takes long."""
    value = f"CAST({quoted(name)} AS VARCHAR)"
    return (
        f"NULLIF(CASE WHEN strlen({value}) > {LONGEST_VALUE} THEN LEFT({value}, {LONGEST_VALUE}) ELSE {value} END, '')"
    )


def time(name: str) -> str:
    """SQL that gives a column as a finite point in time."""
    return f"CASE WHEN isfinite({quoted(name)}) THEN {quoted(name)} END"


def passes(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Columns in portions, for plans and states grow with them."""
    return (names[start : start + COLUMNS_PER_PASS] for start in range(0, len(names), COLUMNS_PER_PASS))


def take(
    connection: duckdb.DuckDBPyConnection, relation: str, shapes: Mapping[str, Shape]
) -> tuple[int, dict[str, Tally]]:
    """Count all rows, and each column's rows by its bins."""
    rows = int(connection.execute(f"SELECT COUNT(*) FROM {relation}").fetchall()[0][0])
    tallies: dict[str, Tally] = {}
    for names in passes([*shapes]):
        aggregates: list[str] = []
        bins: list[list[float] | list[str]] = []
        for name in names:
            _ask(name, shapes[name], aggregates, bins)
        found = iter(connection.execute(f"SELECT {', '.join(aggregates)} FROM {relation}", bins).fetchall()[0])
        tallies |= {name: _tally(rows, shapes[name], found) for name in names}
    return rows, tallies


def _ask(name: str, shape: Shape, aggregates: list[str], bins: list[list[float] | list[str]]) -> None:
    """Edges and values are bound, for a value may hold what SQL text cannot."""
    match shape:
        case Numbers():
            aggregates += [of_numbers("COUNT", name), of_numbers("histogram", name, ", CAST(? AS DOUBLE[])")]
            bins.append(sorted({*shape.edges, *shape.steps}))
        case Categories():
            aggregates += [f"COUNT({category(name)})", f"histogram_exact({category(name)}, CAST(? AS VARCHAR[]))"]
            bins.append([*shape.values])
        case Times():
            aggregates.append(f"COUNT({time(name)})")


def _tally(rows: int, shape: Shape, found: Iterator[Any]) -> Tally:
    present = next(found)
    missing = rows - present
    match shape:
        case Numbers():
            fine = next(found)
            return Tally(
                missing=missing, counts=_within(shape.edges, present, fine), steps=_within(shape.steps, present, fine)
            )
        case Categories():
            found_values = next(found) or {}
            counts = [found_values.get(value, 0) for value in shape.values]
            return Tally(missing=missing, counts=(*counts, present - sum(counts)))
        case Times():
            return Tally(missing=missing)


def _within(edges: Sequence[float], present: int, fine: Mapping[float, int] | None) -> tuple[int, ...]:
    """The counts between these edges, of counts between finer ones."""
    counts = [0] * (len(edges) + 1)
    for edge, rows in (fine or {}).items():
        counts[bisect_left(edges, edge)] += rows
    return (*counts[:-1], present - sum(counts[:-1]))
