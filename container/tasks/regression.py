"""A number."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost as xgb

from container.metrics import Statistic, mae, pinball, r2, rmse
from container.rows import Matrix, Vector
from container.signature import Signature
from container.tasks.definition import HALF, Answer, Predictions
from container.train.boosting import Fit, Fold
from container.train.boosting import fit as boost
from container.train.parameters import COMMON, Choices, Hyperparameters, Value
from evergreen.metrics import MetricName

# The default is judged as the contract's default metric is; it also stands outliers and long tails.
JUDGED_BY = {"reg:absoluteerror": "mae", "reg:squarederror": "rmse", "reg:pseudohubererror": "mphe"}
HUNDREDTHS = np.linspace(0, 1, 101)
BOOSTERS: tuple[str, ...] = ("model",)
CHOICES = Choices({**COMMON, "min_child_weight": 5}, objectives=tuple(JUDGED_BY))


def unfit(targets: Vector, signature: Signature) -> str | None:
    """Any numbers will do."""
    return None


def fit(train: Fold, validation: Fold, signature: Signature, parameters: Hyperparameters) -> dict[str, Fit]:
    """The median by default, the mean with reg:squarederror."""
    objective = parameters.values["objective"]
    judged: dict[str, Value] = {"objective": objective, "eval_metric": JUDGED_BY[str(objective)]}
    return {"model": boost(judged, train, validation, signature, parameters, learn_all=True)}


def predict(boosters: Mapping[str, xgb.Booster], values: Matrix, signature: Signature) -> Predictions:
    """One column: the number."""
    return np.asarray(boosters["model"].inplace_predict(values)).reshape(-1, 1)


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
