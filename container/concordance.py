"""Harrell's concordance of durations: are those who wait longer expected to?"""

import numpy as np

from container.metrics import Flags, Numbers, Statistic, divided
from container.sums import Column, Places, Vector


def concordance(durations: Numbers, horizon: float, expected: Numbers) -> Statistic:
    """Share of comparable pairs in the right order; NaN durations are censored.

    Each pair counts at both of its rows, and draws are first-order: a pair of rows drawn twice and thrice counts
    four times rather than six.
    """
    came = ~np.isnan(durations)
    time = np.unique(np.where(came, durations, horizon), return_inverse=True)[1]
    right, pairs = _of_pairs(2 * time + ~came, came, np.unique(expected, return_inverse=True)[1])
    return Statistic(right, (Column(right), Column(pairs)), _FirstOrder(right.sum(), pairs.sum()))


class _FirstOrder:
    """A pair of rows drawn a and b times counts a + b - 1 times."""

    def __init__(self, right: float, pairs: float) -> None:
        self._right, self._pairs = right / 2, pairs / 2  # every pair counts at both of its rows

    def __call__(self, right: Vector, pairs: Vector) -> Vector:
        return divided(right - self._right, pairs - self._pairs)


def _of_pairs(time: Places, came: Flags, expected: Places) -> tuple[Vector, Vector]:
    """For each row its pairs in the right order, ties counting one half, and all of them: an event and who came later.

    Two different times differ first in one bit: bit by bit, rows that agree so far and have a one there are later
    than those with a zero. So each pair is met once, and sorting alone counts them.
    """
    right, pairs = np.zeros(len(time)), np.zeros(len(time))
    span = int(expected.max(initial=0)) + 1
    for bit in range(int(time.max(initial=0)).bit_length()):
        alike = (time >> (bit + 1)) * span
        later = (time >> bit & 1).astype(bool)
        event = ~later & came
        for rows, others, sign in ((event, later, 1), (later, event, -1)):
            known = np.sort((alike + expected)[others])
            below, through, first, last = (
                np.searchsorted(known, (alike + add)[rows], side)  # type: ignore[call-overload]
                for add, side in ((expected, "left"), (expected, "right"), (0, "left"), (span, "left"))
            )
            agree = last - through if sign > 0 else below - first
            right[rows] += agree + (through - below) / 2
            pairs[rows] += last - first
    return right, pairs
