"""Metrics of the order in which rows are put: who is above whom."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike, NDArray

from container.metrics import Flags, Formula, Numbers, Statistic, divided
from container.sums import ROWS_AT_ONCE, Cells, Column, Counts, Places, Sums, Vector, content, run_up


@dataclass(frozen=True)
class Order:
    """Rows in order of their score, highest first; those with the event and the places they share with others.

    One walk along the order gives what both areas need, whatever is drawn: nothing is sorted again.
    """

    order: Places
    hits: Places  # where in the order the rows with the event are
    begins: Places  # of each place that holds a row with the event: how many rows are above it
    ends: Places  # and how many are above the next place
    name: bytes = field(repr=False)

    @classmethod
    def of(cls, happened: Flags, score: Numbers) -> "Order":
        """Rank rows; equal scores share a place."""
        order = np.argsort(-score, kind="stable")
        ranked, hits = score[order], np.flatnonzero(happened[order])
        edges = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1], [True])))[: len(order) + 1]
        place = np.unique(np.searchsorted(edges, hits, side="right") - 1)
        begins, ends = edges[place], edges[place + 1] if len(place) else edges[:0]
        return cls(order, hits, begins, ends, b"order" + content(order) + content(hits) + content(ends))

    @property
    def key(self) -> bytes:
        return self.name

    @cached_property
    def hits_before(self) -> tuple[Places, Places]:
        """How many rows with the event are above each place, and above the next one."""
        return np.searchsorted(self.hits, self.begins), np.searchsorted(self.hits, self.ends)

    def sums(self, counts: Counts, kind: DTypeLike = np.float32) -> Sums:
        """The precision at each row with the event, and the rows without that are above it; ties count one half."""
        found = np.zeros((2, counts.shape[1]))
        walk = _Walk(self, counts, kind)
        for first, last in _stretches(self.ends, len(self.order)):
            found += walk.along(first, last)
        return found


class _Walk:
    """A walk along an order, place by place, knowing how many drawn rows have been passed."""

    def __init__(self, order: Order, counts: Counts, kind: DTypeLike) -> None:
        self._order, self._counts, self._kind = order, counts, kind
        self._passed = np.zeros((2, counts.shape[1]), dtype=kind)  # all rows, and those with the event
        self._rows = 0

    def along(self, first: int, last: int) -> Sums:
        """Pass the places from the first to before the last one."""
        order, rows = self._order, slice(self._rows, int(self._order.ends[last - 1]))
        hits = [each[first:last] for each in order.hits_before]
        above, through = self._run(0, order.order[rows], [each[first:last] for each in (order.begins, order.ends)])
        drawn, found = self._run(1, order.order[order.hits[hits[0][0] : hits[1][-1]]], hits)
        self._rows = rows.stop
        without = above
        without += through
        without -= drawn
        without -= found
        np.subtract(found, drawn, out=drawn)
        without *= drawn
        np.maximum(through, 1, out=through)  # nothing drawn so far: no hits either
        found /= through
        found *= drawn
        return np.stack((found.sum(axis=0), without.sum(axis=0) / 2)).astype(np.float64)

    def _run(self, which: int, rows: Places, wanted: list[Places]) -> tuple[Cells, Cells]:
        """How many were passed before each of the wanted places, the last of which is after all of these rows."""
        draws, begin = self._counts.shape[1], int(wanted[1][-1]) - len(rows)
        above, through = (np.empty((len(places), draws), dtype=self._kind) for places in wanted)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            cells = np.empty((len(some) + 1, draws), dtype=self._kind)
            cells[0] = self._passed[which]
            cells[1:] = self._counts[some]
            run_up(cells)
            for found, places in zip((above, through), wanted, strict=True):
                low, high = np.searchsorted(places, (begin + start, begin + start + len(some) + 1))
                found[low:high] = cells[places[low:high] - begin - start]
            self._passed[which] = cells[-1]
        return above, through


def _stretches(ends: NDArray[np.intp], rows: int) -> list[tuple[int, int]]:
    """Places to pass at once: about as many rows as the cache holds."""
    cuts = np.searchsorted(ends, np.arange(ROWS_AT_ONCE, rows, ROWS_AT_ONCE), side="right")
    bounds = np.unique(np.concatenate(([0], cuts, [len(ends)]))).tolist()
    return list(pairwise(bounds))


def roc_auc(happened: Flags, score: Numbers) -> Statistic:
    """The chance that a row with the event is scored above one without; ties count one half."""
    return _of_order(happened, score, _area)


def average_precision(happened: Flags, score: Numbers) -> Statistic:
    """The precision at each row with the event, on average: the area under the curve of precision and recall."""
    return _of_order(happened, score, _precision)


def _of_order(happened: Flags, score: Numbers, formula: Formula) -> Statistic:
    order = Order.of(happened, score)
    ranks = np.empty(len(score))
    ranks[order.order] = np.arange(1, len(score) + 1)
    parts = (order, Column(happened.astype(np.float64)), Column(np.ones(len(score))))
    return Statistic(ranks, parts, formula)


def _area(walked: Sums, hits: Vector, rows: Vector) -> Vector:
    return 1 - divided(walked[1], hits * (rows - hits))


def _precision(walked: Sums, hits: Vector, rows: Vector) -> Vector:
    return divided(walked[0], hits)
