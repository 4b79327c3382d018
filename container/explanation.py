"""What each feature adds to one entity's prediction, from the model itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from container.algorithms.definition import Contributions
from container.model import Model
from container.serve.decode import from_csv

_LOG_ODDS = ("binary", "multiclass")


@dataclass(frozen=True)
class Explained:
    """One predictor of the model: where it starts, and what moves it from there, the strongest first."""

    predictor: str
    unit: str  # of base and what is added: log-odds, or that of the prediction itself
    base: float
    features: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        return {"unit": self.unit, "base": self.base, "features": list(self.features)}


def explain(model: Model, values: str) -> list[Explained]:
    """Explain the prediction for one line of features, as it was scored."""
    return explain_row(model, model.contributions(from_csv(values.encode(), model.signature)), 0, values.split(","))


def explain_row(
    model: Model, contributions: Mapping[str, Contributions], row: int, values: Sequence[Any]
) -> list[Explained]:
    """Explain one of several rows, whose values are as people know them, in the order of the features."""
    found = []
    for name, added in contributions.items():
        order = np.argsort(-np.abs(added.values[row]), kind="stable").tolist()
        features = tuple(
            {
                "name": model.signature.features[place].name,
                "value": values[place],
                "adds": float(added.values[row][place]),
            }
            for place in order
        )
        found.append(Explained(name, _unit(model, name), float(added.base[row]), features))
    return found


def line_starts(entity: str) -> str:
    """How the line of an entity begins; only an entity may need quotes there."""
    written = '"' + entity.replace('"', '""') + '"' if '"' in entity or "," in entity else entity
    return f"{written},"


def _unit(model: Model, predictor: str) -> str:
    """A probability is explained before it is made of log-odds."""
    return "log-odds" if model.signature.task in _LOG_ODDS or predictor == "event" else "value"
