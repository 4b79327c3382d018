"""Metrics by scikit-learn's definitions, in numpy alone so that the image stays small and starts quickly.

Each is a statistic of weighted rows, so that one bootstrap serves them all: exact on every resample, but for pairs.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]
Vector = NDArray[np.float64]

CERTAIN = 1 - np.finfo(np.float32).eps  # the nearest to certainty that a prediction of 32 bits can be held to


class Statistic(ABC):
    """One metric of one model's predictions; `shares` is what each row is seen to add, for whoever looks closer."""

    shares: Vector

    @abstractmethod
    def resampled(self, counts: Vector) -> Vector:
        """The metric for each row of counts: how often each row was drawn. NaN where a draw cannot tell."""

    def value(self) -> float:
        """The metric of the rows as they are."""
        return float(self.resampled(np.ones((1, len(self.shares))))[0])


@dataclass(frozen=True)
class Ratio(Statistic):
    """A ratio of sums over rows; in a metric of pairs each pair counts at both of its rows, and draws are first-order.

    Without a denominator every row counts once: a mean.
    """

    shares: Vector
    denominator: Vector | None = None
    of_pairs: bool = False

    def resampled(self, counts: Vector) -> Vector:
        weights = counts - 0.5 if self.of_pairs else counts
        below = weights.sum(axis=1) if self.denominator is None else weights @ self.denominator
        return _divided(weights @ self.shares, below)


@dataclass(frozen=True)
class RootMean(Statistic):
    """The root of a mean, in the unit of the target."""

    shares: Vector

    def resampled(self, counts: Vector) -> Vector:
        return np.asarray(np.sqrt(counts @ self.shares / counts.sum(axis=1)))


@dataclass(frozen=True)
class Explained(Statistic):
    """R²: the share of the variance that the predictions explain; 0 where nothing varies, 1 if even that is hit."""

    shares: Vector  # squared errors
    centred: Vector  # the truth less its median, lest rounding should look like variance

    def resampled(self, counts: Vector) -> Vector:
        rows, squares = counts.sum(axis=1), counts @ self.centred**2
        varies = squares - (counts @ self.centred) ** 2 / rows
        errors = counts @ self.shares
        constant = varies <= 1e-12 * squares
        found = np.where(constant, errors == 0, 1 - errors / np.where(constant, 1, varies))
        return np.where(rows < 2, np.nan, found)


@dataclass(frozen=True)
class MacroF1(Statistic):
    """The mean over classes of F1; a class that is neither there nor predicted does not count."""

    shares: Vector  # 1 for a hit
    truth: Places
    predicted: Places
    classes: int

    def resampled(self, counts: Vector) -> Vector:
        return np.array([self._of(drawn, drawn * self.shares) for drawn in counts])

    def _of(self, drawn: Vector, hit: Vector) -> float:
        right, there, said = (
            np.bincount(places, weights, self.classes)
            for places, weights in ((self.truth, hit), (self.truth, drawn), (self.predicted, drawn))
        )
        counted = there + said > 0
        return float(np.mean(2 * right[counted] / (there + said)[counted]))


def mae(truth: Numbers, predicted: Numbers) -> Statistic:
    """Mean absolute error, in the unit of the target."""
    return Ratio(np.abs(truth - predicted).astype(np.float64))


def rmse(truth: Numbers, predicted: Numbers) -> Statistic:
    """Root mean squared error, in the unit of the target."""
    return RootMean(_squares(truth, predicted))


def r2(truth: Numbers, predicted: Numbers) -> Statistic:
    """The coefficient of determination."""
    return Explained(_squares(truth, predicted), truth - np.median(truth))


def brier(happened: Flags, probability: Numbers) -> Statistic:
    """Mean squared difference between the probability and what happened."""
    return Ratio(_squares(happened.astype(np.float64), probability))


def logloss(probability_of_truth: Numbers) -> Statistic:
    """Mean negative logarithm of the probability that was given to what happened."""
    certain = np.clip(probability_of_truth.astype(np.float64), 1 - CERTAIN, CERTAIN)
    return Ratio(-np.log(certain))


def accuracy(truth: Places, predicted: Places) -> Statistic:
    """Share of rows whose class was predicted."""
    return Ratio((truth == predicted).astype(np.float64))


def macro_f1(truth: Places, predicted: Places, classes: int) -> Statistic:
    """The mean over classes of the harmonic mean of precision and recall."""
    return MacroF1((truth == predicted).astype(np.float64), truth, predicted, classes)


def _squares(truth: Numbers, predicted: Numbers) -> Vector:
    return np.asarray((truth.astype(np.float64) - predicted.astype(np.float64)) ** 2)


def _divided(above: Vector, below: Vector) -> Vector:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0))
