"""Rows to learn from or to judge by, as numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.rows import LabelledRows, Matrix, Vector, matrix
from container.signature import Signature


@dataclass(frozen=True)
class Fold:
    """Rows as numbers, with what became of them."""

    values: Matrix
    targets: Vector

    @classmethod
    def of(cls, rows: LabelledRows, signature: Signature) -> "Fold":
        return cls(matrix(rows.table, signature), rows.targets)

    def __add__(self, other: "Fold") -> "Fold":
        return Fold(np.concatenate((self.values, other.values)), np.concatenate((self.targets, other.targets)))

    def where(self, wanted: NDArray[np.bool_]) -> "Fold":
        """Only the rows that are wanted."""
        return Fold(self.values[wanted], self.targets[wanted])
