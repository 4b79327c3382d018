"""A trained linear model, kept as JSON."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from container.algorithms.definition import Contributions, Goal
from container.algorithms.linear.design import Design
from container.algorithms.linear.loss import probability, shares
from container.rows import Matrix

SUFFIX = "json"
FORMAT = 1


def version() -> str:
    """The library and its version."""
    return f"scipy {scipy.__version__}"


def load(content: bytes) -> "Linear":
    """A linear model from its file."""
    document = json.loads(content)
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r} of a linear model is not {FORMAT}")
        weights = np.array(document["weights"], dtype=np.float64)
        intercept = np.array(document["intercept"], dtype=np.float64)
        model = Linear(Goal(**document["goal"]), Design.from_json(document["design"]), weights, intercept)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the linear model is not complete: {error}") from error
    model.check()
    return model


@dataclass(frozen=True)
class Linear:
    """Weights of columns."""

    goal: Goal
    design: Design
    weights: NDArray[np.float64]  # columns x outputs
    intercept: NDArray[np.float64]  # outputs

    @property
    def features(self) -> int:
        return self.design.features

    def check(self) -> None:
        """That its parts fit together. Raises ValueError."""
        columns, outputs = len(self.design.means), len(self.intercept)
        if len(self.design.feature_of) != columns or self.weights.shape != (columns, outputs):
            raise ValueError(f"{columns} columns and {outputs} outputs do not fit weights of {self.weights.shape}")
        if columns and self.design.feature_of.max() >= self.features:
            raise ValueError(f"a column is of a feature beyond the {self.features} there are")

    def predict(self, values: Matrix) -> NDArray[np.float32]:
        margins = self.margin(values)
        match self.goal.kind:
            case "probability":
                margins = probability(margins)
            case "classes":
                margins = shares(margins)
        return margins.astype(np.float32)

    def margin(self, values: Matrix) -> NDArray[np.float64]:
        return np.asarray(self.design.columns(values) @ self.weights + self.intercept)

    def contributions(self, values: Matrix) -> Contributions:
        """Exact: SHAP values of a linear model whose features are taken as independent."""
        columns = self.design.columns(values)
        chosen = (columns @ self.weights + self.intercept).argmax(axis=1)
        terms = columns * self.weights.T[chosen]
        of_features = np.zeros((len(values), self.features))
        for column, feature in enumerate(self.design.feature_of):
            of_features[:, feature] += terms[:, column]
        return Contributions(of_features, self.intercept[chosen])

    def save(self) -> bytes:
        document = {
            "format": FORMAT,
            "goal": asdict(self.goal),
            "design": self.design.to_json(),
            "weights": self.weights.tolist(),
            "intercept": self.intercept.tolist(),
        }
        return json.dumps(document).encode()
