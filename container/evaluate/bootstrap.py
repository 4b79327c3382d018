"""The paired bootstrap: is the challenger better beyond noise? One set of draws serves every metric and every model."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from container.metrics import Statistic
from container.sums import ROWS_AT_ONCE, Column, Counts, Part, Places, Sums, Vector, summed
from evergreen.evaluation import Comparison, Interval

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 17
CELLS_AT_ONCE = 50_000_000  # bytes of counts that one thread holds
MOST_DRAWS_AT_ONCE = 500
WORTH_THREADS = 20_000_000  # cells
# How often a row is drawn, by a random byte: 94 of 256 bytes mean never, 95 once, 46 twice, 16, 4, and 1 five times.
# Like Poisson's law, that of drawing with replacement, it has a mean and a variance of exactly one.
AT_LEAST = tuple(np.cumsum((94, 95, 46, 16, 4)).astype(np.uint8))


@dataclass(frozen=True)
class Plan:
    """Statistics to be told of each draw, of all rows or of some; what they have in common is summed once."""

    statistics: Sequence[Statistic]
    rows: Places | None = None
    _columns: Vector = field(init=False, repr=False)
    _others: Sequence[Part] = field(init=False, repr=False)
    _wanted: Sequence[Sequence[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        keys = [[part.key for part in statistic.parts] for statistic in self.statistics]
        parts = {part.key: part for statistic in self.statistics for part in statistic.parts}
        columns = [part.values for part in parts.values() if isinstance(part, Column)]
        in_order = [key for key, part in parts.items() if isinstance(part, Column)]
        in_order += [key for key, part in parts.items() if not isinstance(part, Column)]
        object.__setattr__(self, "_columns", np.stack(columns) if columns else np.zeros((0, 0)))
        object.__setattr__(self, "_others", [part for part in parts.values() if not isinstance(part, Column)])
        object.__setattr__(self, "_wanted", [[in_order.index(key) for key in of] for of in keys])

    def told(self, counts: Counts) -> Sums:
        """Every statistic of each draw; NaN where the draw cannot tell."""
        if self.rows is not None:
            counts = counts[self.rows]
        sums: list[Any] = [*(summed(self._columns, counts) if len(self._columns) else ())]
        sums += [part.sums(counts) for part in self._others]
        with np.errstate(divide="ignore", invalid="ignore"):
            told = [
                statistic.formula(*(sums[place] for place in of))
                for statistic, of in zip(self.statistics, self._wanted, strict=True)
            ]
        return np.stack(told)


def resample(plans: Sequence[Plan], rows: int, resamples: int = RESAMPLES, seed: int = SEED) -> list[Sums]:
    """Draw hold-out rows with replacement, the same for all, and tell every plan's statistics of each draw."""
    at_once = max(16, min(MOST_DRAWS_AT_ONCE, CELLS_AT_ONCE // max(rows, 1)))
    sizes = [min(at_once, resamples - start) for start in range(0, resamples, at_once)]

    def block(number: int) -> list[Sums]:
        counts = draw(rows, sizes[number], (seed, number))
        return [plan.told(counts) for plan in plans]

    if rows * resamples < WORTH_THREADS:
        blocks = [block(number) for number in range(len(sizes))]
    else:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            blocks = list(pool.map(block, range(len(sizes))))
    return [np.concatenate(of_plan, axis=1) for of_plan in zip(*blocks, strict=True)]


def draw(rows: int, draws: int, seed: Sequence[int]) -> Counts:
    """How often each draw takes each row."""
    generator = np.random.Generator(np.random.SFC64(list(seed)))
    counts = generator.integers(0, 256, (rows, draws), dtype=np.uint8)
    for start in range(0, rows, ROWS_AT_ONCE):
        cells = counts[start : start + ROWS_AT_ONCE]
        drawn = (cells >= AT_LEAST[0]).view(np.uint8)
        for bound in AT_LEAST[1:]:
            drawn += (cells >= bound).view(np.uint8)
        cells[:] = drawn
    return counts


def interval(told: Vector, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Where all but the extreme draws lie; draws that cannot tell are left out."""
    told = told[np.isfinite(told)]
    if not len(told):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(told, [tail, 1 - tail])
    return float(low), float(high)


def compared(
    against: Literal["baseline", "champion"],
    values: tuple[float, float],
    told: tuple[Vector, Vector],
    higher_is_better: bool,
) -> Comparison:
    """The challenger's value and draws beside the other's: draw by draw, for both had the same rows."""
    sign = 1 if higher_is_better else -1
    improvement, other = sign * (values[0] - values[1]), values[1]
    differences = sign * (told[0] - told[1])
    low, high = interval(differences)
    return Comparison(
        against=against,
        improvement=improvement,
        relative=improvement / abs(other) if other else 0.0,
        low=low,
        high=high,
        confidence=CONFIDENCE,
        resamples=int(np.isfinite(differences).sum()),
    )


def compare(
    against: Literal["baseline", "champion"], challenger: Statistic, other: Statistic, higher_is_better: bool
) -> Comparison:
    """Two models by one metric."""
    (told,) = resample([Plan([challenger, other])], len(challenger.shares))
    return compared(against, (challenger.value(), other.value()), (told[0], told[1]), higher_is_better)


def spread(told: Vector) -> Interval | None:
    """The interval of one metric of one model; None where no draw tells it."""
    low, high = interval(told)
    return Interval(low=low, high=high) if np.isfinite([low, high]).all() else None
