"""Every metric as a ratio of sums over rows, so that one bootstrap serves them all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.metrics import auc_shares, concordance_shares
from container.model import Predictions
from evergreen.metrics import MetricName

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What became of the hold-out rows."""

    durations: NDArray[np.float64]
    horizon_days: int

    @property
    def events(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.durations)


@dataclass(frozen=True)
class Contribution:
    """What each row adds to a metric's numerator and denominator; in a metric of pairs each pair counts at both."""

    numerator: Shares
    denominator: Shares
    of_pairs: bool = False

    def value(self) -> float:
        return float(self.numerator.sum() / self.denominator.sum())

    def resampled(self, counts: Shares) -> Shares:
        """The metric for each row of counts: how often each row was drawn. Exact for means, first-order for pairs."""
        weights = counts - 0.5 if self.of_pairs else counts
        return np.asarray((weights @ self.numerator) / (weights @ self.denominator))


def contribution(metric: MetricName, truth: Truth, predictions: Predictions) -> Contribution:
    """What each hold-out row contributes to a metric."""
    probability = predictions.event_probability.astype(np.float64)
    days = predictions.duration.astype(np.float64)
    match metric:
        case "mae":
            errors = np.where(truth.events, np.abs(days - np.nan_to_num(truth.durations)), 0.0)
            return Contribution(errors, truth.events.astype(np.float64))
        case "brier":
            return Contribution((probability - truth.events) ** 2, np.ones(len(probability)))
        case "roc_auc":
            return Contribution(*auc_shares(truth.events, probability), of_pairs=True)
        case "concordance":
            expected = probability * days + (1 - probability) * truth.horizon_days
            return Contribution(*concordance_shares(truth.durations, truth.horizon_days, expected), of_pairs=True)
