"""What a linear model minimises, with its slope, for each goal."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from container.algorithms.definition import Goal
from container.rows import Vector

Margins = NDArray[np.float64]  # rows x outputs
Loss = Callable[[Margins], tuple[float, Margins]]

SMOOTHED = 0.02  # of the targets' deviation: how far the corner of a quantile's loss is rounded


def loss_of(goal: Goal, targets: Vector) -> Loss:
    """The mean loss over rows of these targets, and its slope by each margin."""
    match goal.kind:
        case "probability":
            return lambda margins: _logistic(margins, targets)
        case "classes":
            return lambda margins: _softmax(margins, targets.astype(np.intp))
        case "mean":
            return lambda margins: _squared(margins, targets)
    return lambda margins: _pinball(margins, targets, quantile_of(goal))


def judged(goal: Goal, margins: Margins, targets: Vector) -> float:
    """The mean loss as it is meant, without a rounded corner."""
    if goal.kind in ("median", "quantile"):
        over = targets - margins[:, 0]
        quantile = quantile_of(goal)
        return float(np.maximum(quantile * over, (quantile - 1) * over).mean())
    return loss_of(goal, targets)(margins)[0]


def quantile_of(goal: Goal) -> float:
    """Which quantile; the median is the middle one."""
    return goal.quantile if goal.kind == "quantile" else 0.5


def probability(margins: Margins) -> Margins:
    """Of the positive one, without overflow."""
    small = np.exp(-np.abs(margins))
    return np.asarray(np.where(margins >= 0, 1, small) / (1 + small))


def shares(margins: Margins) -> Margins:
    """Of each class."""
    raised = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _logistic(margins: Margins, targets: Vector) -> tuple[float, Margins]:
    margin = margins[:, 0]
    loss = np.logaddexp(0, margin) - targets * margin
    return float(loss.mean()), ((probability(margin) - targets) / len(targets))[:, None]


def _softmax(margins: Margins, places: NDArray[np.intp]) -> tuple[float, Margins]:
    rows = np.arange(len(places))
    found = shares(margins)
    loss = -np.log(np.maximum(found[rows, places], np.finfo(np.float64).tiny))
    found[rows, places] -= 1
    return float(loss.mean()), found / len(places)


def _squared(margins: Margins, targets: Vector) -> tuple[float, Margins]:
    over = margins[:, 0] - targets
    return float((over**2).mean() / 2), (over / len(targets))[:, None]


def _pinball(margins: Margins, targets: Vector, quantile: float) -> tuple[float, Margins]:
    """The targets come with a deviation of one."""
    over = targets - margins[:, 0]
    loss = quantile * over + SMOOTHED * np.logaddexp(0, -over / SMOOTHED)
    slope = probability(-over / SMOOTHED) - quantile
    return float(loss.mean()), (slope / len(targets))[:, None]
