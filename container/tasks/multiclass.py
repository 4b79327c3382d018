"""One of several classes: the probability of each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost as xgb

from container.metrics import Statistic, accuracy, logloss, macro_f1
from container.rows import Matrix, Vector
from container.signature import Signature
from container.tasks.definition import HALF, Answer, Predictions
from container.tasks.labels import class_counts, one_class
from container.train.boosting import Fit, Fold
from container.train.boosting import fit as boost
from container.train.parameters import COMMON, Choices, Hyperparameters, Value
from evergreen.metrics import MetricName

BOOSTERS: tuple[str, ...] = ("model",)
CHOICES = Choices(COMMON)


def unfit(targets: Vector, signature: Signature) -> str | None:
    """Rows of one class tell nothing apart."""
    return one_class(targets, signature)


def fit(train: Fold, validation: Fold, signature: Signature, parameters: Hyperparameters) -> dict[str, Fit]:
    """The logarithmic loss over all classes."""
    objective: dict[str, Value] = {"objective": "multi:softprob", "eval_metric": "mlogloss"}
    objective["num_class"] = len(signature.classes)
    return {"model": boost(objective, train, validation, signature, parameters, learn_all=True)}


def predict(boosters: Mapping[str, xgb.Booster], values: Matrix, signature: Signature) -> Predictions:
    """One column per class: its probability."""
    return np.asarray(boosters["model"].inplace_predict(values)).reshape(len(values), len(signature.classes))


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
