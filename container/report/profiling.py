"""Taking the profile of a relation: what is missing, least, most and mean of all rows, the rest of a sample of many."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import duckdb

from container.prepare.engine import quoted
from container.report import sampling, tally
from container.report.profile import LEVELS, SHOWN_VALUES, Categories, ColumnProfile, Numbers, Profile, Shape, Times
from container.report.sampling import Distinct
from evergreen.columns import ColumnType
from evergreen.contract import Contract

FEW = 20  # a whole number with no more values than this is a category
MOST_VALUES = 1_000  # values of a category that are told apart; with more, a column is no category
STEPS = 20
MOST_DAYS, MOST_MONTHS = 62, 60  # beyond them rows are counted by the next longer unit
Bounds = tuple[int, Any, Any, Any]  # of all rows: those with a value, smallest, largest, mean


def take(
    connection: duckdb.DuckDBPyConnection, relation: str, contract: Contract, number: str = "ROW_NUMBER() OVER ()"
) -> Profile:
    """Profile the contract's columns of a relation, whose rows an SQL expression numbers; memory stays bounded."""
    types = {name: column.type for name, column in contract.input.columns.items()}
    rows = int(connection.execute(f"SELECT COUNT(*) FROM {relation}").fetchall()[0][0])
    bounds = _bounds(connection, relation, types)
    sample = sampling.take(connection, relation, rows, [*types], number)
    distinct = {
        name: sampling.distinct(connection, sample, name) for name, type in types.items() if type != "timestamp"
    }
    shapes: dict[str, Shape] = {**_numbers(connection, sample, types, bounds, distinct)}
    for name, type in types.items():
        if not bounds[name][0]:
            shapes[name] = Categories(values=(), complete=True)
        elif type == "timestamp":
            shapes[name] = _times(connection, sample, name, bounds[name])
        elif name not in shapes:
            shapes[name] = _categories(connection, sample, name)
    sampled, tallies = tally.take(connection, sample, shapes)
    columns = {
        name: ColumnProfile(
            type=type,
            distinct=_distinct(bounds[name], distinct.get(name), shapes[name], sampled - tallies[name].missing),
            shape=shapes[name],
            tally=sampling.of_all(tallies[name], rows, bounds[name][0]),
        )
        for name, type in types.items()
    }
    return Profile(rows=rows, columns=columns)


def _distinct(bounds: Bounds, found: Distinct | None, shape: Shape, sampled: int) -> int:
    if isinstance(shape, Categories) and shape.complete:
        return len(shape.values)
    return sampling.distinct_of_all(found, sampled, bounds[0]) if found else 0


def _bounds(connection: duckdb.DuckDBPyConnection, relation: str, types: Mapping[str, ColumnType]) -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for names in tally.passes([*types]):
        asked = ", ".join(aggregate for name in names for aggregate in _asked(name, types[name]))
        values = iter(connection.execute(f"SELECT {asked} FROM {relation}").fetchall()[0])
        found |= dict(zip(names, zip(*[values] * 4, strict=True), strict=True))
    return found


def _asked(name: str, type: ColumnType) -> Iterator[str]:
    value = quoted(name)
    match type:
        case "integer":
            yield from (f"{aggregate}({value})" for aggregate in ("COUNT", "MIN", "MAX", "AVG"))
        case "number":
            yield from (tally.of_numbers(aggregate, name) for aggregate in ("COUNT", "MIN", "MAX", "AVG"))
        case "timestamp":
            yield from (f"{aggregate}({tally.time(name)})" for aggregate in ("COUNT", "MIN", "MAX"))
            yield "NULL"
        case "boolean":
            yield from (f"COUNT({value})", *["NULL"] * 3)
        case _:
            yield from (f"COUNT(NULLIF({value}, ''))", *["NULL"] * 3)


def _is_number(type: ColumnType, bounds: Bounds, distinct: Mapping[str, Distinct], name: str) -> bool:
    return bounds[0] > 0 and (type == "number" or (type == "integer" and distinct[name][0] > FEW))


def _numbers(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    types: Mapping[str, ColumnType],
    bounds: Mapping[str, Bounds],
    distinct: Mapping[str, Distinct],
) -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    for names in tally.passes([name for name in types if _is_number(types[name], bounds[name], distinct, name)]):
        asked = ", ".join(tally.of_numbers("quantile_disc", name, f", {[*LEVELS]}") for name in names)
        taken = connection.execute(f"SELECT {asked} FROM {sample}").fetchall()[0]
        for name, quantiles in zip(names, taken, strict=True):
            found[name] = _number(bounds[name], quantiles, whole=types[name] == "integer")
    return found


def _number(bounds: Bounds, quantiles: list[float] | None, whole: bool) -> Numbers:
    _, low, high, mean = bounds
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
        f"SELECT {tally.category(name)} FROM {sample} WHERE {tally.category(name)} IS NOT NULL "
        f"GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT {MOST_VALUES + 1}"
    )
    values = tuple(row[0] for row in connection.execute(query).fetchall())
    complete = len(values) <= MOST_VALUES
    return Categories(values=values if complete else values[:SHOWN_VALUES], complete=complete)


def _times(connection: duckdb.DuckDBPyConnection, sample: str, name: str, bounds: Bounds) -> Times:
    present, first, last, _ = bounds
    unit = _unit(first, last)
    query = (
        f"SELECT date_trunc('{unit}', {quoted(name)}), COUNT(*) "
        f"FROM {sample} WHERE isfinite({quoted(name)}) GROUP BY 1 ORDER BY 1"
    )
    found = connection.execute(query).fetchall()
    counts = sampling.scaled([count for _, count in found], present)
    periods = {f"{period:%Y-%m-%d}": count for (period, _), count in zip(found, counts, strict=True)}
    return Times(first=first.isoformat(" "), last=last.isoformat(" "), unit=unit, periods=periods)


def _unit(first: datetime, last: datetime) -> Literal["day", "month", "year"]:
    days = (last - first).days
    if days <= MOST_DAYS:
        return "day"
    return "month" if days / 30.4 <= MOST_MONTHS else "year"
