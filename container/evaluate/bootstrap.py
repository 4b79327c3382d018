"""The paired bootstrap: is the challenger better beyond noise?"""

from statistics import NormalDist
from typing import Literal

import numpy as np

from container.evaluate.resampling import Plan, resample
from container.metrics import Statistic
from container.sums import Vector
from evergreen.evaluation import Comparison, Interval

CONFIDENCE = 0.98  # one draw in a hundred lies beyond each end: simulated equals then win in less than one case in 40


def interval(told: Vector, rows: int) -> tuple[float, float]:
    """Where all but the extreme draws lie; draws that cannot tell are left out.

    Few rows vary less when drawn again than they would when collected again, so the ends are moved out as Student's t
    lies outside the normal law (Hesterberg's expanded percentiles); of two classes the rarer one's rows count.
    """
    told = told[np.isfinite(told)]
    if not len(told) or rows < 2:
        return float("nan"), float("nan")
    tail = _expanded((1 - CONFIDENCE) / 2, rows)
    low, high = np.quantile(told, [tail, 1 - tail])
    return float(low), float(high)


def _expanded(tail: float, rows: int) -> float:
    z, freedom = -NormalDist().inv_cdf(tail), rows - 1
    student = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return NormalDist().cdf(-student * (rows / freedom) ** 0.5)


def compared(
    against: Literal["baseline", "champion"],
    values: tuple[float, float],
    told: tuple[Vector, Vector],
    rows: int,
    higher_is_better: bool,
) -> Comparison:
    """The challenger's value and draws beside the other's: draw by draw, for both had the same rows."""
    sign = 1 if higher_is_better else -1
    improvement, other = sign * (values[0] - values[1]), values[1]
    differences = sign * (told[0] - told[1])
    low, high = interval(differences, rows)
    return Comparison(
        against=against,
        improvement=improvement,
        relative=improvement / abs(other) if other else 0.0,
        low=low,
        high=high,
        confidence=CONFIDENCE,
        resamples=int(np.isfinite(differences).sum()),
    )


def compare(
    against: Literal["baseline", "champion"],
    challenger: Statistic,
    other: Statistic,
    higher_is_better: bool,
    telling_rows: int | None = None,
) -> Comparison:
    """Two models by one metric."""
    rows = len(challenger.shares)
    (told,) = resample([Plan([challenger, other])], rows)
    values, telling = (challenger.value(), other.value()), rows if telling_rows is None else telling_rows
    return compared(against, values, (told[0], told[1]), telling, higher_is_better)


def spread(told: Vector, rows: int) -> Interval | None:
    """The interval of one metric of one model; None where no draw tells it."""
    low, high = interval(told, rows)
    return Interval(low=low, high=high) if np.isfinite([low, high]).all() else None
