"""The golden row: what a model said to one row when it was made, so that whoever loads it sees that it still does."""

import json
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from container.signature import Signature

if TYPE_CHECKING:
    from container.model import Model
    from container.rows import Matrix

FILE = "golden_row.json"
MOST_ROWS = 100_000  # looked at; the matrix may lie on disk
TOLERANCE = 1e-4  # relative; another processor may add up in another order


class GoldenRowMissed(ValueError):
    """A model does not say to its golden row what it said when it was made."""


@dataclass(frozen=True)
class GoldenRow:
    """One row of the model's numbers, and its predictions."""

    values: tuple[float, ...]
    predictions: tuple[float, ...]

    @classmethod
    def of(cls, model: "Model", rows: "Matrix") -> "GoldenRow":
        """A row that nobody is: of each feature the middle value among rows it has learned from."""
        values = np.full(len(model.signature.features), np.nan, dtype=np.float32)
        for place, column in enumerate(np.asarray(rows[:MOST_ROWS]).T):
            known = np.sort(column[~np.isnan(column)])
            if len(known):
                values[place] = known[len(known) // 2]
        return cls(tuple(values.tolist()), tuple(model.predict(values[np.newaxis])[0].tolist()))

    @classmethod
    def from_json(cls, content: bytes) -> "GoldenRow":
        document = json.loads(content)
        values = (nan if value is None else float(value) for value in document["values"])
        return cls(tuple(values), tuple(map(float, document["predictions"])))

    def to_json(self) -> str:
        values = [None if isnan(value) else value for value in self.values]
        return json.dumps({"values": values, "predictions": self.predictions})

    def check(self, model: "Model") -> None:
        """Raises GoldenRowMissed if the model says something else now."""
        said = model.predict(np.array([self.values], dtype=np.float32))[0]
        if said.shape != (len(self.predictions),) or not np.allclose(said, self.predictions, TOLERANCE, TOLERANCE):
            raise GoldenRowMissed(
                f"the model says {said.tolist()} to its golden row, and said {list(self.predictions)} when it was made"
            )

    @classmethod
    def unknown(cls, model: "Model") -> "GoldenRow":
        """For a model without one: whatever it says now to a row of missing values."""
        signature: Signature = model.signature
        values = np.full((1, len(signature.features)), np.nan, dtype=np.float32)
        return cls(tuple(values[0].tolist()), tuple(model.predict(values)[0].tolist()))
