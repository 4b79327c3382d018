"""Hold-out rows drawn again and again: one set of draws serves every metric, every model and every slice."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from container.metrics import Statistic
from container.sums import ROWS_AT_ONCE, Column, Counts, Part, Places, Sums, Vector, summed

RESAMPLES = 2000
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

    @cached_property
    def _parts(self) -> tuple[list[Column], list[Part], dict[bytes, int]]:
        """Columns, which are summed together, other parts, and where the sum of each will be found."""
        parts = {part.key: part for statistic in self.statistics for part in statistic.parts}
        columns = {key: part for key, part in parts.items() if isinstance(part, Column)}
        others = {key: part for key, part in parts.items() if key not in columns}
        places = {key: place for place, key in enumerate((*columns, *others))}
        return list(columns.values()), list(others.values()), places

    @cached_property
    def _columns(self) -> Vector:
        return np.stack([column.values for column in self._parts[0]]) if self._parts[0] else np.zeros((0, 0))

    @cached_property
    def _wanted(self) -> list[list[int]]:
        """Where each statistic finds its sums."""
        return [[self._parts[2][part.key] for part in statistic.parts] for statistic in self.statistics]

    def told(self, counts: Counts) -> Sums:
        """Every statistic of each draw; NaN where the draw cannot tell."""
        if self.rows is not None:
            counts = counts[self.rows]
        sums: list[Any] = [*(summed(self._columns, counts) if len(self._columns) else ())]
        sums += [part.sums(counts) for part in self._parts[1]]
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
