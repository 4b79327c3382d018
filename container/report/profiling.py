"""Taking the profile of a relation: bounds over all rows, bins from a sample of a large one, counts over all rows."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import duckdb

from container.prepare.engine import quoted
from container.report import tally
from container.report.profile import LEVELS, SHOWN_VALUES, Categories, ColumnProfile, Numbers, Profile, Shape, Times
from evergreen.columns import ColumnType
from evergreen.contract import Contract

VALUES_SAMPLE = 1_000_000  # rows from which frequent values are taken
QUANTILES_SAMPLE = 250_000  # from so many, a decile is some tenths of a percentile off
FEW = 20  # a whole number with no more values than this is a category
MOST_VALUES = 1_000  # values of a category that are told apart; with more, a column is no category
STEPS = 20
MOST_DAYS, MOST_MONTHS = 62, 60  # beyond them rows are counted by the next longer unit
Bounds = tuple[int, int, Any, Any, Any]  # rows with a value, distinct values, smallest, largest, mean


def take(connection: duckdb.DuckDBPyConnection, relation: str, contract: Contract) -> Profile:
    """Profile the contract's columns of a relation, a table or `read_parquet('…')`; memory stays bounded."""
    types = {name: column.type for name, column in contract.input.columns.items()}
    rows = int(connection.execute(f"SELECT COUNT(*) FROM {relation}").fetchall()[0][0])
    bounds = _bounds(connection, relation, types)
    values = _sample(relation, rows, VALUES_SAMPLE)
    shapes: dict[str, Shape] = {**_numbers(connection, _sample(relation, rows, QUANTILES_SAMPLE), types, bounds)}
    for name, type in types.items():
        if not bounds[name][0]:
            shapes[name] = Categories(values=(), complete=True)
        elif type == "timestamp":
            shapes[name] = _times(connection, relation, name, bounds[name])
        elif name not in shapes:
            shapes[name] = _categories(connection, values, name)
    _, tallies = tally.take(connection, relation, shapes)
    columns = {
        name: ColumnProfile(
            type=type, distinct=_distinct(bounds[name], shapes[name]), shape=shapes[name], tally=tallies[name]
        )
        for name, type in types.items()
    }
    return Profile(rows=rows, columns=columns)


def _distinct(bounds: Bounds, shape: Shape) -> int:
    if isinstance(shape, Categories) and shape.complete:
        return len(shape.values)
    return min(bounds[1], bounds[0])


def _bounds(connection: duckdb.DuckDBPyConnection, relation: str, types: Mapping[str, ColumnType]) -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for names in tally.passes([*types]):
        asked = ", ".join(aggregate for name in names for aggregate in _asked(name, types[name]))
        values = iter(connection.execute(f"SELECT {asked} FROM {relation}").fetchall()[0])
        found |= dict(zip(names, zip(*[values] * 5, strict=True), strict=True))
    return found


def _asked(name: str, type: ColumnType) -> Iterator[str]:
    match type:
        case "integer" | "number":
            asked = ("COUNT", "approx_count_distinct", "MIN", "MAX", "AVG")
            yield from (tally.of_numbers(aggregate, name) for aggregate in asked)
        case "timestamp":
            value = tally.time(name)
            yield from (f"COUNT({value})", f"approx_count_distinct({value})", f"MIN({value})", f"MAX({value})", "NULL")
        case _:
            yield from (f"COUNT({tally.category(name)})", f"approx_count_distinct({quoted(name)})", *["NULL"] * 3)


def _sample(relation: str, rows: int, size: int) -> str:
    """The same rows each time, with DuckDB's own SAMPLE they depend on its threads; hashed, to break no pattern."""
    if rows <= size:
        return relation
    numbered = f'(SELECT *, ROW_NUMBER() OVER () AS "\nnumber" FROM {relation})'
    return f'(FROM {numbered} WHERE hash("\nnumber") % {math.ceil(rows / size)} = 0)'


def _is_number(type: ColumnType, bounds: Bounds) -> bool:
    present, distinct = bounds[:2]
    return present > 0 and (type == "number" or (type == "integer" and distinct > FEW))


def _numbers(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    types: Mapping[str, ColumnType],
    bounds: Mapping[str, Bounds],
) -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    for names in tally.passes([name for name in types if _is_number(types[name], bounds[name])]):
        asked = ", ".join(tally.of_numbers("quantile_disc", name, f", {[*LEVELS]}") for name in names)
        taken = connection.execute(f"SELECT {asked} FROM {sample}").fetchall()[0]
        for name, quantiles in zip(names, taken, strict=True):
            found[name] = _number(bounds[name], quantiles, whole=types[name] == "integer")
    return found


def _number(bounds: Bounds, quantiles: list[float] | None, whole: bool) -> Numbers:
    _, _, low, high, mean = bounds
    quantiles = quantiles or [low] * len(LEVELS)  # no value of a rare column is in the sample
    return Numbers(
        min=low,
        mean=mean,
        max=high,
        quantiles=tuple(quantiles),
        edges=tuple(sorted({math.nextafter(low, -math.inf), *map(float, quantiles[1:-1]), float(high)})),
        steps=steps(quantiles[0], quantiles[-1], whole),
    )


def steps(low: float, high: float, whole: bool) -> tuple[float, ...]:
    """Edges of equal width, 1, 2 or 5 times a power of ten, so that rounded values spread evenly over them."""
    width = (high - low) / (STEPS - 1)
    if not 0 < width < math.inf:
        return (math.nextafter(low, -math.inf), low)
    power = math.floor(math.log10(width))
    nice = [factor * 10.0**exponent for exponent in (power, power + 1) for factor in (1, 2, 5)]
    step = next(each for each in nice if each >= width)
    step = max(step, 1.0) if whole else step
    first, last = math.ceil(low / step) - 1, math.ceil(high / step)
    digits = max(0, -math.floor(math.log10(step)))
    return tuple(sorted({round(place * step, digits) for place in range(first, last + 1)}))


def _categories(connection: duckdb.DuckDBPyConnection, sample: str, name: str) -> Categories:
    query = (
        f"SELECT {tally.category(name)} AS value FROM {sample} WHERE value IS NOT NULL "
        f"GROUP BY value ORDER BY COUNT(*) DESC, value LIMIT {MOST_VALUES + 1}"
    )
    values = tuple(row[0] for row in connection.execute(query).fetchall())
    complete = len(values) <= MOST_VALUES
    return Categories(values=values if complete else values[:SHOWN_VALUES], complete=complete)


def _times(connection: duckdb.DuckDBPyConnection, relation: str, name: str, bounds: Bounds) -> Times:
    _, _, first, last, _ = bounds
    unit = _unit(first, last)
    query = (
        f"SELECT date_trunc('{unit}', {quoted(name)}) AS period, COUNT(*) "
        f"FROM {relation} WHERE isfinite({quoted(name)}) GROUP BY period ORDER BY period"
    )
    periods = {f"{period:%Y-%m-%d}": count for period, count in connection.execute(query).fetchall()}
    return Times(first=first.isoformat(" "), last=last.isoformat(" "), unit=unit, periods=periods)


def _unit(first: datetime, last: datetime) -> Literal["day", "month", "year"]:
    days = (last - first).days
    if days <= MOST_DAYS:
        return "day"
    return "month" if days / 30.4 <= MOST_MONTHS else "year"
