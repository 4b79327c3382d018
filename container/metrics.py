"""Metrics by scikit-learn's definitions, in numpy alone so that the image stays small and starts quickly.

Each is a formula over sums of rows, so that one bootstrap serves them all: exact on every resample, but for pairs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.sums import Classes, Column, Part, Places, Vector

Numbers = NDArray[np.floating]
Flags = NDArray[np.bool_]
Formula = Callable[..., Vector]  # of the sums of each part; NaN where a draw cannot tell

CERTAIN = 1 - np.finfo(np.float32).eps  # the nearest to certainty that a prediction of 32 bits can be held to


@dataclass(frozen=True)
class Statistic:
    """One metric of one model's predictions."""

    shares: Vector  # what each row is seen to add, for whoever looks closer
    parts: tuple[Part, ...]
    formula: Formula

    def value(self) -> float:
        """The metric of the rows as they are."""
        if not len(self.shares):
            return float("nan")
        once = np.ones((len(self.shares), 1), dtype=np.uint8)
        return float(self.formula(*(part.sums(once, np.float64) for part in self.parts))[0])


def ratio(above: Vector, below: Vector) -> Statistic:
    """A ratio of sums over rows."""
    return Statistic(above, (Column(above), Column(below)), divided)


def mean(shares: Vector) -> Statistic:
    """The mean over rows."""
    return ratio(shares, np.ones(len(shares)))


def mae(truth: Numbers, predicted: Numbers) -> Statistic:
    """Mean absolute error, in the unit of the target."""
    return mean(np.abs(truth - predicted).astype(np.float64))


def rmse(truth: Numbers, predicted: Numbers) -> Statistic:
    """Root mean squared error, in the unit of the target."""
    squares = _squares(truth, predicted)
    return Statistic(squares, (Column(squares), Column(np.ones(len(squares)))), _root_mean)


def r2(truth: Numbers, predicted: Numbers) -> Statistic:
    """The coefficient of determination."""
    squares = _squares(truth, predicted)
    middle = np.median(truth) if len(truth) else 0.0
    centred = np.asarray(truth - middle, dtype=np.float64)  # lest rounding should look like variance
    parts = (Column(squares), Column(centred), Column(centred**2), Column(np.ones(len(squares))))
    return Statistic(squares, parts, _explained)


def pinball(truth: Numbers, predicted: Numbers, quantile: float) -> Statistic:
    """The loss that the true quantile has least of; half the mae where the quantile is the median."""
    above = (truth - predicted).astype(np.float64)
    return mean(np.maximum(quantile * above, (quantile - 1) * above))


def brier(happened: Flags, probability: Numbers) -> Statistic:
    """Mean squared difference between the probability and what happened."""
    return mean(_squares(happened.astype(np.float64), probability))


def logloss(probability_of_truth: Numbers) -> Statistic:
    """Mean negative logarithm of the probability that was given to what happened."""
    certain = np.clip(probability_of_truth.astype(np.float64), 1 - CERTAIN, CERTAIN)
    return mean(-np.log(certain))


def accuracy(truth: Places, predicted: Places) -> Statistic:
    """Share of rows whose class was predicted."""
    return mean((truth == predicted).astype(np.float64))


def f1(happened: Flags, said: Flags) -> Statistic:
    """The harmonic mean of precision and recall."""
    return _of_confusion(happened, said, _f1)


def mcc(happened: Flags, said: Flags) -> Statistic:
    """Matthews' correlation between what was said and what happened."""
    return _of_confusion(happened, said, _mcc)


def macro_f1(truth: Places, predicted: Places, classes: int) -> Statistic:
    """The mean over classes of F1; a class that is neither there nor predicted does not count."""
    hit = truth == predicted
    of_rows = (np.where(hit, truth, -1), truth, predicted)
    return Statistic(hit.astype(np.float64), tuple(Classes(places, classes) for places in of_rows), _macro_f1)


def divided(above: Vector, below: Vector) -> Vector:
    """A quotient, NaN where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0))


def _root_mean(squares: Vector, rows: Vector) -> Vector:
    return np.sqrt(divided(squares, rows))


def _explained(errors: Vector, centred: Vector, squares: Vector, rows: Vector) -> Vector:
    """The share of the variance that is explained; 0 where nothing varies, 1 if even that is hit."""
    varies = squares - divided(centred**2, rows)
    constant = varies <= 1e-12 * squares
    found = np.where(constant, errors == 0, 1 - errors / np.where(constant, 1, varies))
    return np.where(rows < 2, np.nan, found)


def _of_confusion(happened: Flags, said: Flags, formula: Formula) -> Statistic:
    hits, there, told = (flags.astype(np.float64) for flags in (happened & said, happened, said))
    parts = (Column(hits), Column(there), Column(told), Column(np.ones(len(hits))))
    return Statistic((happened == said).astype(np.float64), parts, formula)


def _f1(hits: Vector, there: Vector, told: Vector, rows: Vector) -> Vector:
    return np.where(rows > 0, np.nan_to_num(divided(2 * hits, there + told)), np.nan)


def _mcc(hits: Vector, there: Vector, told: Vector, rows: Vector) -> Vector:
    spread = np.sqrt(there * (rows - there) * told * (rows - told))
    return np.where(rows > 0, np.nan_to_num(divided(hits * rows - there * told, spread)), np.nan)


def _macro_f1(right: Vector, there: Vector, told: Vector) -> Vector:
    counted = there + told > 0
    return divided(np.nan_to_num(divided(2 * right, there + told)).sum(axis=0), counted.sum(axis=0))


def _squares(truth: Numbers, predicted: Numbers) -> Vector:
    return np.asarray((truth.astype(np.float64) - predicted.astype(np.float64)) ** 2)
