"""Metrics by scikit-learn's definitions, in numpy alone so that the image stays small and starts quickly."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]
Flags = NDArray[np.bool_]


def mae(truth: Numbers, predicted: Numbers) -> float:
    """Mean absolute error, in the unit of the target."""
    return float(np.mean(np.abs(truth - predicted)))


def brier(happened: Flags, probability: Numbers) -> float:
    """Mean squared difference between the probability and what happened."""
    return float(np.mean((probability.astype(np.float64) - happened) ** 2))


def roc_auc(happened: Flags, score: Numbers) -> float:
    """The chance that a row with the event is scored above one without; ties count one half."""
    wins, pairs = auc_shares(happened, score)
    return float(wins.sum() / pairs.sum())


def auc_shares(happened: Flags, score: Numbers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each row, how many pairs with rows of the other kind are in the right order, and how many there are."""
    above, below = np.sort(score[happened]), np.sort(score[~happened])
    wins = np.empty(len(score))
    wins[happened] = _lower(below, score[happened])
    wins[~happened] = len(above) - _lower(above, score[~happened])
    return wins, np.where(happened, len(below), len(above)).astype(np.float64)


def concordance_shares(
    durations: Numbers, horizon: float, expected: Numbers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each row, its pairs in the right order and its comparable pairs (Harrell); NaN durations are censored."""
    time = np.where(np.isnan(durations), horizon, durations)
    came = ~np.isnan(durations)
    right, pairs = np.zeros(len(time)), np.zeros(len(time))
    for row in np.flatnonzero(came):
        later = (time > time[row]) | ((time == time[row]) & ~came)
        agrees = np.where(expected == expected[row], 0.5, expected > expected[row]) * later
        right += agrees
        pairs += later
        right[row] += agrees.sum()
        pairs[row] += later.sum()
    return right, pairs


def _lower(ordered: Numbers, values: Numbers) -> NDArray[np.float64]:
    """How many of the ordered numbers lie below each value; equal ones count one half."""
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
