"""Metrics of the order in which rows are put: who is above whom."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from container.metrics import Flags, Numbers, Ratio, Statistic, Vector


class _OfOrder(Protocol):
    def __call__(self, happened: Vector, not_happened: Vector) -> Vector: ...


@dataclass(frozen=True)
class Ranking(Statistic):
    """A metric of rows in order of their score, told from how many of each kind share a place."""

    shares: Vector
    order: NDArray[np.intp]  # highest score first
    starts: NDArray[np.intp]  # where in that order each place begins
    happened: Vector  # in that order
    metric: _OfOrder

    @classmethod
    def of(cls, happened: Flags, score: Numbers, metric: _OfOrder) -> "Ranking":
        """Rank rows; equal scores share a place, and so do neighbours that no row with the event lies between."""
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
        with_event = np.logical_or.reduceat(happened[order], starts)
        kept = np.concatenate(([True], with_event[1:] | with_event[:-1]))
        ranks = np.empty(len(order), dtype=np.float64)
        ranks[order] = np.arange(1, len(order) + 1)
        return cls(ranks, order, starts[kept], happened[order].astype(np.float64), metric)

    def resampled(self, counts: Vector) -> Vector:
        ranked = counts[:, self.order]
        every = np.add.reduceat(ranked, self.starts, axis=1)
        ranked *= self.happened
        happened = np.add.reduceat(ranked, self.starts, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw of one kind alone: NaN
            return self.metric(happened, every - happened)


def roc_auc(happened: Flags, score: Numbers) -> Statistic:
    """The chance that a row with the event is scored above one without; ties count one half."""
    return Ranking.of(happened, score, _wins)


def average_precision(happened: Flags, score: Numbers) -> Statistic:
    """The precision at each row with the event, on average: the area under the curve of precision and recall."""
    return Ranking.of(happened, score, _precision)


def concordance(durations: Numbers, horizon: float, expected: Numbers) -> Statistic:
    """Share of comparable pairs in the right order (Harrell); NaN durations are censored. Looks at every pair."""
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
    return Ratio(right, pairs, of_pairs=True)


def _wins(happened: Vector, not_happened: Vector) -> Vector:
    others = not_happened.sum(axis=1, keepdims=True)
    below = others - np.cumsum(not_happened, axis=1) + not_happened / 2
    return np.asarray((happened * below).sum(axis=1) / (happened.sum(axis=1) * others[:, 0]))


def _precision(happened: Vector, not_happened: Vector) -> Vector:
    found = np.cumsum(happened, axis=1)
    seen = found + np.cumsum(not_happened, axis=1)
    precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
    return np.asarray((happened * precision).sum(axis=1) / found[:, -1])
