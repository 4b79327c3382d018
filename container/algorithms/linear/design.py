"""Features as the columns of a linear model: standardised, imputed, with a column per category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from container.rows import Matrix, Vector
from container.signature import Feature

Places = NDArray[np.intp]

_PLACES = ("numbers", "missing", "category_of")
_VECTORS = ("centre", "scale", "low", "high", "category", "means")


@dataclass(frozen=True)
class Design:
    """How rows become columns: first the numbers, then whether a number is missing, then the categories."""

    features: int
    numbers: Places  # a column for each: the feature it is of
    centre: Vector
    scale: Vector
    low: Vector  # what lies beyond the training rows counts as their end: a line leads anywhere
    high: Vector
    missing: Places  # 1 where this feature has no value
    category_of: Places  # 1 where this feature has …
    category: Vector  # … this category
    means: Vector  # of every column in the training rows

    @classmethod
    def of(cls, values: Matrix, features: Sequence[Feature], most_categories: int) -> "Design":
        """As the training rows suggest."""
        numbers = [place for place, feature in enumerate(features) if feature.type != "category"]
        known = _categories(values, features, most_categories)
        spread = np.array([_spread(values[:, place]) for place in numbers]).reshape(-1, 4)
        bare = cls(
            features=len(features),
            numbers=np.array(numbers, dtype=np.intp),
            centre=spread[:, 0],
            scale=spread[:, 1],
            low=spread[:, 2],
            high=spread[:, 3],
            missing=np.array([place for place in numbers if np.isnan(values[:, place]).any()], dtype=np.intp),
            category_of=np.array([place for place, _ in known], dtype=np.intp),
            category=np.array([code for _, code in known], dtype=np.float64),
            means=np.empty(0),
        )
        return replace(bare, means=bare.raw(values).mean(axis=0))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Design":
        """As `to_json` wrote it. Raises KeyError, TypeError, ValueError."""
        arrays: dict[str, Any] = {
            **{name: np.array(document[name], dtype=np.intp) for name in _PLACES},
            **{name: np.array(document[name], dtype=np.float64) for name in _VECTORS},
        }
        return cls(features=int(document["features"]), **arrays)

    def to_json(self) -> dict[str, Any]:
        """Every number, exactly."""
        return {"features": self.features} | {name: getattr(self, name).tolist() for name in (*_PLACES, *_VECTORS)}

    @property
    def feature_of(self) -> Places:
        """Which feature each column is of."""
        return np.concatenate((self.numbers, self.missing, self.category_of))

    def raw(self, values: Matrix) -> NDArray[np.float64]:
        """Every column, not yet about its mean."""
        numbers = values[:, self.numbers].astype(np.float64)
        standard = (np.clip(numbers, self.low, self.high) - self.centre) / self.scale
        return np.concatenate(
            (
                np.where(np.isnan(numbers), 0.0, standard),  # the mean
                np.isnan(values[:, self.missing]),
                values[:, self.category_of] == self.category,
            ),
            axis=1,
        )

    def columns(self, values: Matrix) -> NDArray[np.float64]:
        """Every column about its mean, so that the intercept is the margin of the average row."""
        return self.raw(values) - self.means


def _spread(column: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Mean, deviation, lowest and highest of what there is."""
    there = column[np.isfinite(column)].astype(np.float64)
    if not len(there):
        return 0.0, 1.0, 0.0, 0.0
    return float(there.mean()), float(there.std()) or 1.0, float(there.min()), float(there.max())


def _categories(values: Matrix, features: Sequence[Feature], most: int) -> list[tuple[int, float]]:
    """The commonest categories of each feature, NaN left out; all others share what is neither."""
    found = []
    for place, feature in enumerate(features):
        if feature.type == "category":
            column = values[:, place]
            codes, rows = np.unique(column[~np.isnan(column)], return_counts=True)
            found += [(place, float(code)) for code in codes[np.argsort(-rows, kind="stable")][:most]]
    return found
