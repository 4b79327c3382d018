"""Rows to learn from or to judge by, as numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.on_disk import chosen, joined
from container.rows import LabelledRows, Matrix, Vector, matrix
from container.signature import Signature


@dataclass(frozen=True)
class Fold:
    """Rows as numbers, with what became of them."""

    values: Matrix
    targets: Vector
    weights: Vector | None = None  # what each row counts; None: all the same

    @classmethod
    def of(cls, rows: LabelledRows, signature: Signature) -> "Fold":
        return cls(matrix(rows.table, signature), rows.targets)

    @property
    def shares(self) -> Vector:
        """What each row counts among all, as shares of one."""
        weights = self._weights()
        return np.asarray(weights / weights.sum())

    def __add__(self, other: "Fold") -> "Fold":
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate((self._weights(), other._weights()))
        values = joined((self.values, other.values))
        return Fold(values, np.concatenate((self.targets, other.targets)), weights)

    def where(self, wanted: NDArray[np.bool_]) -> "Fold":
        """Only the rows that are wanted."""
        weights = None if self.weights is None else self.weights[wanted]
        return Fold(chosen(self.values, wanted), self.targets[wanted], weights)

    def share(self, rank: int, hosts: int) -> "Fold":
        """Every so many-th row."""
        return self.where(np.arange(len(self.targets)) % hosts == rank)

    def weighted(self, weight: float) -> "Fold":
        """The same rows, each counting so much."""
        return Fold(self.values, self.targets, np.full(len(self.targets), weight))

    def _weights(self) -> Vector:
        return np.ones(len(self.targets)) if self.weights is None else self.weights
