"""Will the event come within the horizon, and if so, after how many days: two predictors, a hurdle model."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from container.algorithms.definition import Fit, Goal, Predictor
from container.concordance import concordance
from container.fold import Fold
from container.metrics import Statistic, brier, logloss, ratio
from container.ranking import roc_auc
from container.rows import Matrix, Vector
from container.signature import Signature
from container.tasks.definition import HALF, Answer, Predictions
from container.train.learner import Learner
from evergreen.metrics import MetricName

PREDICTORS: tuple[str, ...] = ("event", "duration")


def unfit(targets: Vector, signature: Signature) -> str | None:
    """Rows that all have the event, or none, tell nothing apart."""
    came = ~np.isnan(targets)
    if came.any() and not came.all():
        return None
    return f"{'all' if came.any() else 'none'} of the {len(targets)} rows have an event: nothing to tell apart"


def fit(train: Fold, validation: Fold, signature: Signature, learner: Learner) -> dict[str, Fit]:
    """Whether is learned from all rows, after how many days (the median) from those whose event came."""
    came = _those_that_came(train), _those_that_came(validation)
    return {
        "event": learner.fit(Goal("probability"), _whether(train), _whether(validation), signature.features),
        "duration": learner.fit(Goal("median"), *came, signature.features),
    }


def predict(predictors: Mapping[str, Predictor], values: Matrix, signature: Signature) -> Predictions:
    """The days to the event if it comes, never beyond the horizon, and the probability that it comes."""
    probability, days = (predictors[name].predict(values)[:, 0] for name in PREDICTORS)
    days = np.where(np.isfinite(days), days, np.nan)  # lest clipping should hide that they are no numbers
    return np.column_stack((np.clip(days, 0, signature.horizon_days), probability))


def answer(predictions: Predictions, threshold: float = HALF) -> Answer:
    """Both, as they are."""
    return Answer(predictions)


def about(targets: Vector, signature: Signature) -> dict[str, Any]:
    """How many events, the median days to them, and their share."""
    came = ~np.isnan(targets)
    baseline = {"duration": float(np.nanmedian(targets)), "event_probability": float(came.mean())}
    return {"event_rows": int(came.sum()), "baseline": baseline}


def naive(baseline: Any, metric: MetricName, quantile: float = HALF) -> list[float]:
    """The median days and the share of events."""
    return [baseline["duration"], baseline["event_probability"]]


def statistic(
    metric: MetricName,
    targets: Vector,
    predictions: Predictions,
    signature: Signature,
    *,
    threshold: float = HALF,
    quantile: float = HALF,
) -> Statistic:
    """Days are judged where the event came, probabilities everywhere."""
    came = ~np.isnan(targets)
    days, probability = predictions.astype(np.float64).T
    match metric:
        case "mae":
            return ratio(np.where(came, np.abs(days - np.nan_to_num(targets)), 0.0), came.astype(np.float64))
        case "brier":
            return brier(came, probability)
        case "logloss":
            return logloss(np.where(came, probability, 1 - probability))
        case "roc_auc":
            return roc_auc(came, probability)
        case "concordance":
            horizon = float(signature.horizon_days or 0)
            return concordance(targets, horizon, probability * days + (1 - probability) * horizon)
    raise ValueError(f"{metric} is no metric of task time_to_event")


def _whether(fold: Fold) -> Fold:
    return Fold(fold.values, (~np.isnan(fold.targets)).astype(np.float64))


def _those_that_came(fold: Fold) -> Fold:
    return fold.where(~np.isnan(fold.targets))
