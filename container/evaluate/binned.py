"""A column by itself, in bins: what each half of its rows says of the other half's target."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.metrics import Flags
from container.rows import Vector
from container.signature import Feature

BINS = 64


@dataclass(frozen=True)
class BinnedColumn:
    """One feature of the rows that are looked at, NaN where it is missing, and each row's bin."""

    values: Vector
    bins: NDArray[np.intp]
    names: tuple[str, ...] = ()  # of the bins, where each is one value; the first one is never filled

    @classmethod
    def of(cls, values: Vector, feature: Feature) -> "BinnedColumn":
        different = np.unique(values[~np.isnan(values)])
        if feature.type != "category" and len(different) > BINS:
            cuts = np.unique(np.nanquantile(values, np.linspace(0, 1, BINS + 1)))
            return cls(values, _places(cuts, values))
        names = (feature.categories[int(each)] if feature.type == "category" else f"{each:g}" for each in different)
        return cls(values, _places(different, values), ("", *names, "(missing)"))

    @property
    def discrete(self) -> bool:
        return bool(self.names)

    def guessed(self, targets: Vector) -> Vector:
        """What each half of the rows says of the other half by the bin's mean: no row speaks for itself."""
        found = np.empty(len(targets))
        for fitted in halves(len(targets)):
            counts = np.bincount(self.bins[fitted], minlength=self.bins.max() + 1)
            sums = np.bincount(self.bins[fitted], targets[fitted], minlength=len(counts))
            means = np.where(counts > 0, sums / np.maximum(counts, 1), targets[fitted].mean())
            found[~fitted] = means[self.bins[~fitted]]
        return found


def _places(cuts: Vector, values: Vector) -> NDArray[np.intp]:
    """In which bin each value is; the missing ones are in the last."""
    return np.where(np.isnan(values), len(cuts) + 1, np.searchsorted(cuts, values, side="right"))


def halves(rows: int) -> tuple[Flags, Flags]:
    """Two disjoint halves of the rows, each to speak for the other."""
    first = np.arange(rows) % 2 == 0
    return first, ~first
