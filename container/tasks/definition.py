"""What a task must say of itself: how it learns, predicts and is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from container.algorithms.definition import Fit, Predictor
from container.fold import Fold
from container.metrics import Statistic
from container.rows import Matrix, Vector
from container.signature import Signature
from container.train.learner import Learner
from evergreen.metrics import MetricName

HALF = 0.5
Predictions = NDArray[np.float32]  # one row per row; what its columns are is the task's own business


@dataclass(frozen=True)
class Answer:
    """Predictions as people get them: numbers, and before them the label where there are classes."""

    numbers: NDArray[np.float32]  # rows x columns
    labels: NDArray[np.intp] | None = None  # places in the signature's classes

    def rows(self, some: slice) -> "Answer":
        """Some rows of it."""
        return Answer(self.numbers[some], None if self.labels is None else self.labels[some])

    @staticmethod
    def joined(answers: Sequence["Answer"]) -> "Answer":
        """Of several, which all have labels or none, one after the other."""
        if len(answers) == 1:
            return answers[0]
        labels = [each.labels for each in answers if each.labels is not None]
        return Answer(np.concatenate([each.numbers for each in answers]), np.concatenate(labels) if labels else None)


class TaskDefinition(Protocol):
    """Everything that differs between one task and another; each is a module of its own."""

    PREDICTORS: tuple[str, ...]

    def unfit(self, targets: Vector, signature: Signature) -> str | None:
        """Why rows with these targets are nothing to learn from or to judge by, or None."""

    def fit(self, train: Fold, validation: Fold, signature: Signature, learner: Learner) -> dict[str, Fit]:
        """Train every predictor: the task says what is to be learned, the learner's algorithm how."""

    def predict(self, predictors: Mapping[str, Predictor], values: Matrix, signature: Signature) -> Predictions:
        """Predict for rows in the signature's order of features."""

    def answer(self, predictions: Predictions, threshold: float = HALF) -> Answer:
        """What the signature's outputs hold."""

    def about(self, targets: Vector, signature: Signature) -> dict[str, Any]:
        """What training.json says of the training rows: their baseline, and counts."""

    def naive(self, baseline: Any, metric: MetricName, quantile: float = HALF) -> list[float]:
        """What one would predict for everyone, knowing the targets alone and by which metric one is judged."""

    def statistic(
        self,
        metric: MetricName,
        targets: Vector,
        predictions: Predictions,
        signature: Signature,
        *,
        threshold: float = HALF,
        quantile: float = HALF,
    ) -> Statistic:
        """A metric of predictions; some ask for the model's threshold or for the contract's quantile."""
