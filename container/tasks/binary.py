"""One of two classes: the probability of the positive one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from container.algorithms.definition import Fit, Goal, Predictor
from container.fold import Fold
from container.metrics import Statistic, brier, f1, logloss, mcc
from container.ranking import average_precision, roc_auc
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
    """A probability that can be taken at its word."""
    return {"model": learner.fit(Goal("probability"), train, validation, signature.features, learn_all=True)}


def predict(predictors: Mapping[str, Predictor], values: Matrix, signature: Signature) -> Predictions:
    """One column: the probability of the positive class."""
    return predictors["model"].predict(values).reshape(-1, 1)


def answer(predictions: Predictions, threshold: float = HALF) -> Answer:
    """The class on this side of the threshold, and the probability of the positive one."""
    return Answer(predictions, (predictions[:, 0] >= threshold).astype(np.intp))


def about(targets: Vector, signature: Signature) -> dict[str, Any]:
    """How many rows each class has, and the share of the positive one."""
    return {"class_rows": class_counts(targets, signature), "baseline": {"probability": float(targets.mean())}}


def naive(baseline: Any, metric: MetricName, quantile: float = HALF) -> list[float]:
    """The share of the positive class."""
    return [baseline["probability"]]


def statistic(
    metric: MetricName,
    targets: Vector,
    predictions: Predictions,
    signature: Signature,
    *,
    threshold: float = HALF,
    quantile: float = HALF,
) -> Statistic:
    """A metric of the probability, or of what it says from the threshold on."""
    positive, probability = targets == 1, predictions[:, 0]
    match metric:
        case "pr_auc":
            return average_precision(positive, probability)
        case "roc_auc":
            return roc_auc(positive, probability)
        case "logloss":
            return logloss(np.where(positive, probability, 1 - probability))
        case "brier":
            return brier(positive, probability)
        case "f1":
            return f1(positive, probability >= threshold)
        case "mcc":
            return mcc(positive, probability >= threshold)
    raise ValueError(f"{metric} is no metric of task binary")
