"""What a linear model minimises, with its slope, for each goal."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from container.algorithms.definition import Goal
from container.rows import Vector

Margins = NDArray[np.float64]  # rows x outputs
Loss = Callable[[Margins], tuple[float, Margins]]

SMOOTHED = 0.02  # of the targets' deviation: how far the corner of a quantile's loss is rounded


def loss_of(goal: Goal, targets: Vector, shares: Vector | None = None) -> Loss:
    """The mean loss over rows of these targets, and its slope by each margin; rows may count for different shares."""
    share = np.full(len(targets), 1 / max(1, len(targets))) if shares is None else shares
    match goal.kind:
        case "probability":
            return lambda margins: _logistic(margins, targets, share)
        case "classes":
            return lambda margins: _softmax(margins, targets.astype(np.intp), share)
        case "mean":
            return lambda margins: _squared(margins, targets, share)
    return lambda margins: _pinball(margins, targets, quantile_of(goal), share)


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


def _logistic(margins: Margins, targets: Vector, share: Vector) -> tuple[float, Margins]:
    margin = margins[:, 0]
    loss = np.logaddexp(0, margin) - targets * margin
    return float(loss @ share), ((probability(margin) - targets) * share)[:, None]


def _softmax(margins: Margins, places: NDArray[np.intp], share: Vector) -> tuple[float, Margins]:
    rows = np.arange(len(places))
    found = shares(margins)
    loss = -np.log(np.maximum(found[rows, places], np.finfo(np.float64).tiny))
    found[rows, places] -= 1
    return float(loss @ share), found * share[:, None]


def _squared(margins: Margins, targets: Vector, share: Vector) -> tuple[float, Margins]:
    over = margins[:, 0] - targets
    return float((over**2) @ share / 2), (over * share)[:, None]


def _pinball(margins: Margins, targets: Vector, quantile: float, share: Vector) -> tuple[float, Margins]:
    """The targets come with a deviation of one."""
    over = targets - margins[:, 0]
    loss = quantile * over + SMOOTHED * np.logaddexp(0, -over / SMOOTHED)
    slope = probability(-over / SMOOTHED) - quantile
    return float(loss @ share), (slope * share)[:, None]
