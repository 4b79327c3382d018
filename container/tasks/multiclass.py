"""One of several classes: the probability of each."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from container.algorithms.definition import Fit, Goal, Predictor
from container.fold import Fold
from container.metrics import Statistic, accuracy, logloss, macro_f1
from container.rows import Matrix, Vector
from container.signature import Signature
from container.tasks.definition import HALF, Answer, Predictions
from container.tasks.labels import class_counts, one_class
from container.train.learner import Learner
from evergreen.metrics import MetricName

PREDICTORS: tuple[str, ...] = ("model",)


def unfit(targets: Vector, signature: Signature) -> str | None:
    """Rows of one class tell nothing apart."""
    return one_class(targets, signature)


def fit(train: Fold, validation: Fold, signature: Signature, learner: Learner) -> dict[str, Fit]:
    """The probabilities of all classes together."""
    goal = Goal("classes", classes=len(signature.classes))
    return {"model": learner.fit(goal, train, validation, signature.features, learn_all=True)}


def predict(predictors: Mapping[str, Predictor], values: Matrix, signature: Signature) -> Predictions:
    """One column per class: its probability."""
    return predictors["model"].predict(values).reshape(len(values), len(signature.classes))


def answer(predictions: Predictions, threshold: float = HALF) -> Answer:
    """The likeliest class and its probability."""
    return Answer(predictions.max(axis=1, keepdims=True), predictions.argmax(axis=1))


def about(targets: Vector, signature: Signature) -> dict[str, Any]:
    """How many rows each class has, and their shares."""
    counts = class_counts(targets, signature)
    return {"class_rows": counts, "baseline": {name: rows / len(targets) for name, rows in counts.items()}}


def naive(baseline: Any, metric: MetricName, quantile: float = HALF) -> list[float]:
    """The shares of the classes."""
    return list(baseline.values())


def statistic(
    metric: MetricName,
    targets: Vector,
    predictions: Predictions,
    signature: Signature,
    *,
    threshold: float = HALF,
    quantile: float = HALF,
) -> Statistic:
    """A metric of the probabilities, or of the likeliest class."""
    truth = targets.astype(np.intp)
    match metric:
        case "logloss":
            return logloss(predictions[np.arange(len(truth)), truth])
        case "accuracy":
            return accuracy(truth, predictions.argmax(axis=1))
        case "macro_f1":
            return macro_f1(truth, predictions.argmax(axis=1), len(signature.classes))
    raise ValueError(f"{metric} is no metric of task multiclass")
