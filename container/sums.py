"""Sums over rows that were drawn again and again: what every metric of a resample is made of.

`counts` has a row per hold-out row and a column per draw, and says how often the draw took the row.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

Counts = NDArray[np.uint8]
Places = NDArray[np.intp]
Vector = NDArray[np.float64]
Sums = NDArray[np.float64]
Cells = NDArray[Any]

ROWS_AT_ONCE = 256  # of counts, so that what is worked on stays in the cache
NARROW = 64  # draws, below which numpy's own running sums are the faster ones
STEPS = 16  # rows of a running sum that are added one after the other


class Part(Protocol):
    """Something that is summed over rows."""

    @property
    def key(self) -> bytes:
        """The same for parts that hold the same, so that a sum is taken once."""

    def sums(self, counts: Counts, kind: DTypeLike = np.float32) -> Sums:
        """The sum, or several, of each draw."""


@dataclass(frozen=True)
class Column:
    """One number of each row."""

    values: Vector

    @property
    def key(self) -> bytes:
        return b"column" + content(self.values)

    def sums(self, counts: Counts, kind: DTypeLike = np.float64) -> Sums:  # noqa: ARG002, sums are cheap to take well
        return np.asarray(summed(self.values[None], counts)[0])


@dataclass(frozen=True)
class Classes:
    """How many rows each class has; a row of class -1 counts nowhere."""

    places: Places
    number: int

    @property
    def key(self) -> bytes:
        return b"classes" + content(self.places)

    def sums(self, counts: Counts, kind: DTypeLike = np.float32) -> Sums:
        found = np.zeros((self.number, counts.shape[1]))
        order = np.argsort(self.places, kind="stable")
        ends = np.searchsorted(self.places[order], np.arange(-1, self.number), side="right")
        for place in range(self.number):
            rows = order[ends[place] : ends[place + 1]]
            for start in range(0, len(rows), ROWS_AT_ONCE):
                taken = counts[rows[start : start + ROWS_AT_ONCE]].astype(kind)
                found[place] += np.ones(len(taken), dtype=kind) @ taken
        return found


def content(values: NDArray[Any]) -> bytes:
    """A short name for what an array holds."""
    return blake2b(np.ascontiguousarray(values).data, digest_size=16).digest()


def summed(columns: Vector, counts: Counts) -> Sums:
    """Every column's sum of each draw, in double precision, for two models may differ by little."""
    found = np.zeros((len(columns), counts.shape[1]))
    for start in range(0, len(counts), ROWS_AT_ONCE):
        stop = start + ROWS_AT_ONCE
        found += columns[:, start:stop] @ counts[start:stop].astype(np.float64)
    return found


def run_up(cells: Cells) -> None:
    """Turn each column into its running sum, in place; many columns side by side, which numpy's own does not do."""
    whole = len(cells) - len(cells) % STEPS
    if cells.shape[1] < NARROW or not whole:
        np.cumsum(cells, axis=0, out=cells)
        return
    stacked = cells[:whole].reshape(-1, STEPS, cells.shape[1])
    for step in range(1, STEPS):
        stacked[:, step] += stacked[:, step - 1]
    ends = stacked[:, -1]
    for place in range(1, len(ends)):
        ends[place] += ends[place - 1]
    stacked[1:, :-1] += ends[:-1, None]
    for row in range(whole, len(cells)):
        cells[row] += cells[row - 1]
