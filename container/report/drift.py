"""Drift: how far newly accepted rows are from what the champion learned from, column by column.

The measure is the population stability index over the champion's own bins, sum of (q - p) ln(q / p), with its customary
levels of 0.1 and 0.25 (Siddiqi, Credit Risk Scorecards, 2006). Two samples of one and the same source have an index,
too: about (1/n + 1/m) times chi-squared with as many degrees of freedom as bins less one (Yurdakul, Statistical
Properties of the Population Stability Index, 2018). An index that this explains is no drift, however large it is.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Literal

import duckdb

from container.report import tally
from container.report.figures import figure, share
from container.report.profile import SHOWN_VALUES, Categories, ColumnProfile, Counts, Numbers, Profile, Tally
from evergreen.contract import Contract
from evergreen.manifest import ColumnDrift

MODERATE, LARGE = 0.1, 0.25
CONFIDENCE = 0.999
SMALLEST_SHARE = 1e-4  # an empty bin counts as this, or as half a row: the logarithm of nothing is infinite
NAMES_ROWS = 0.5  # with more distinct values per row than this, a column names rows


def counts(connection: duckdb.DuckDBPyConnection, relation: str, champion: Profile, contract: Contract) -> Counts:
    """Count a relation's rows by the champion's bins, for all columns that can be compared."""
    names = [name for name in contract.input.columns if incomparable(champion, contract, name) is None]
    shapes = {name: champion.columns[name].shape for name in names}
    rows, columns = tally.take(connection, relation, shapes)
    return Counts(rows=rows, columns=columns)


def compare(champion: Profile, fresh: Counts, target: str | None = None) -> tuple[ColumnDrift, ...]:
    """The drift of every column that was counted; of the target by the rows that have one."""
    return tuple(
        _drift(name, champion, fresh.rows, counted, labelled=name == target) for name, counted in fresh.columns.items()
    )


def incomparable(champion: Profile, contract: Contract, name: str) -> str | None:
    """Why drift is not judged by a column, in words, or None."""
    column, known = contract.input.columns[name], champion.columns.get(name)
    if name == contract.entity or not column.feature:
        return "it says who the prediction is for" if name == contract.entity else "no model learns from it"
    if column.type == "timestamp":
        return "time moves on"
    if known is None or known.type != column.type:
        return "the champion’s data has no such column of this type"
    names_rows = column.type == "text" or name in contract.input.key
    present = champion.rows - known.tally.missing
    if names_rows and present > SHOWN_VALUES and known.distinct > NAMES_ROWS * present:
        return "nearly every row has a value of its own"
    if isinstance(known.shape, Categories) and not known.shape.complete:
        return "too many different values"
    return None


def bins(column: ColumnProfile, counted: Tally) -> tuple[int, ...]:
    """Rows by the bins that drift is judged by, the missing ones last; of a category with many values the frequent."""
    known = counted.counts
    if isinstance(column.shape, Categories) and len(column.shape.values) > SHOWN_VALUES:
        known = (*known[:SHOWN_VALUES], sum(known[SHOWN_VALUES:-1]), known[-1])
    return (*known, counted.missing)


def labels(column: ColumnProfile) -> tuple[str, ...]:
    """What the bins hold, in words, to stand after "rows"."""
    shape = column.shape
    if isinstance(shape, Numbers):
        first = f"from {figure(shape.min)} to {figure(shape.edges[1])}"
        spans = (f"above {figure(low)}, up to {figure(high)}" for low, high in pairwise(shape.edges[1:]))
        return (f"below {figure(shape.min)}", first, *spans, f"above {figure(shape.max)}", "without a value")
    values = shape.values if isinstance(shape, Categories) else ()
    many = ("with one of the rarer values",) if len(values) > SHOWN_VALUES else ()
    shown = (f"with “{value}”" for value in values[:SHOWN_VALUES])
    return (*shown, *many, "with a value that the champion has not seen", "without a value")


def terms(expected: Sequence[int], found: Sequence[int]) -> list[float]:
    """What each bin adds to the index."""
    return [(q - p) * math.log(q / p) for p, q in zip(shares(expected), shares(found), strict=True)]


def shares(bins: Sequence[int]) -> list[float]:
    """The share of rows in each bin, none of them zero."""
    total = sum(bins)
    least = max(SMALLEST_SHARE, 0.5 / total)
    return [max(rows / total, least) for rows in bins]


def noise(expected: Sequence[int], found: Sequence[int]) -> float:
    """The index that two samples of these sizes from one source stay below, 999 times of 1,000."""
    used = sum(1 for pair in zip(expected, found, strict=True) if any(pair))
    return chi_squared(max(used - 1, 1), CONFIDENCE) * (1 / sum(expected) + 1 / sum(found))


def chi_squared(degrees: int, confidence: float) -> float:
    """A quantile of chi-squared by Wilson and Hilferty's approximation (1931), right to about 3 %."""
    spread = 2 / (9 * degrees)
    return degrees * (1 - spread + NormalDist().inv_cdf(confidence) * math.sqrt(spread)) ** 3


def largest_move(column: ColumnProfile, counted: Tally) -> str:
    """The bin that adds most to the index, in words."""
    expected, found = bins(column, column.tally), bins(column, counted)
    added = terms(expected, found)
    place = added.index(max(added))
    before, now = expected[place] / sum(expected), found[place] / sum(found)
    return f"rows {labels(column)[place]}: {share(before)} before, {share(now)} now"


def _drift(name: str, champion: Profile, rows: int, counted: Tally, labelled: bool) -> ColumnDrift:
    expected, found = bins(champion.columns[name], champion.columns[name].tally), bins(champion.columns[name], counted)
    if labelled:  # to lack a label is no drift: such rows are there to be scored
        expected, found = expected[:-1], found[:-1]
    if not champion.rows or not rows or not sum(expected) or not sum(found):
        return ColumnDrift(column=name, psi=0.0, level="none")
    psi = sum(terms(expected, found))
    return ColumnDrift(column=name, psi=round(psi, 4), level=_level(psi, noise(expected, found)))


def _level(psi: float, noise: float) -> Literal["none", "moderate", "large"]:
    if psi <= max(MODERATE, noise):
        return "none"
    return "large" if psi > LARGE else "moderate"
