"""A number."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from container.algorithms.definition import Fit, Goal, Predictor
from container.fold import Fold
from container.metrics import Statistic, mae, pinball, r2, rmse
from container.rows import Matrix, Vector
from container.signature import Signature
from container.tasks.definition import HALF, Answer, Predictions
from container.train.learner import Learner
from evergreen.metrics import MetricName

HUNDREDTHS = np.linspace(0, 1, 101)
PREDICTORS: tuple[str, ...] = ("model",)


def unfit(targets: Vector, signature: Signature) -> str | None:
    """Any numbers will do."""
    return None


def fit(train: Fold, validation: Fold, signature: Signature, learner: Learner) -> dict[str, Fit]:
    """What the metric is best for: the median, the mean, or a quantile."""
    match learner.metric:
        case "mae":
            goal = Goal("median")
        case "pinball":
            goal = Goal("quantile", quantile=learner.quantile)
        case _:
            goal = Goal("mean")
    return {"model": learner.fit(goal, train, validation, signature.features, learn_all=True)}


def predict(predictors: Mapping[str, Predictor], values: Matrix, signature: Signature) -> Predictions:
    """One column: the number."""
    return predictors["model"].predict(values).reshape(-1, 1)


def answer(predictions: Predictions, threshold: float = HALF) -> Answer:
    """The number, as it is."""
    return Answer(predictions)


def about(targets: Vector, signature: Signature) -> dict[str, Any]:
    """The median, the mean and the hundredths."""
    middles = {"median": float(np.median(targets)), "mean": float(np.mean(targets))}
    return {"baseline": {**middles, "hundredths": np.quantile(targets, HUNDREDTHS).tolist()}}


def naive(baseline: Any, metric: MetricName, quantile: float = HALF) -> list[float]:
    """The number that is best for everyone by the metric."""
    if metric == "pinball" and quantile != HALF:
        return [float(np.interp(quantile, HUNDREDTHS, baseline["hundredths"]))]
    return [baseline["median" if metric in ("mae", "pinball") else "mean"]]


def statistic(
    metric: MetricName,
    targets: Vector,
    predictions: Predictions,
    signature: Signature,
    *,
    threshold: float = HALF,
    quantile: float = HALF,
) -> Statistic:
    """A metric of the number's error."""
    match metric:
        case "mae":
            return mae(targets, predictions[:, 0])
        case "rmse":
            return rmse(targets, predictions[:, 0])
        case "r2":
            return r2(targets, predictions[:, 0])
        case "pinball":
            return pinball(targets, predictions[:, 0], quantile)
    raise ValueError(f"{metric} is no metric of task regression")
