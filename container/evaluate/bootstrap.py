"""The paired bootstrap: is the challenger better beyond noise?"""

from typing import Literal

import numpy as np

from container.metrics import Statistic
from evergreen.evaluation import Comparison

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 17
CELLS_AT_ONCE = 500_000  # 4 MB of counts, which caches hold


def compare(
    against: Literal["baseline", "champion"], challenger: Statistic, other: Statistic, higher_is_better: bool
) -> Comparison:
    """Draw hold-out rows with replacement, the same for both models, and see how the difference varies.

    Draws that cannot tell, such as those without any row of the rare class, are left out.
    """
    rows = len(challenger.shares)
    generator = np.random.default_rng(SEED)
    sign = 1 if higher_is_better else -1
    at_once = max(1, CELLS_AT_ONCE // rows)
    differences = []
    for start in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - start)
        drawn = generator.integers(0, rows, size=(size, rows)) + np.arange(size)[:, None] * rows
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)
        differences.append(sign * (challenger.resampled(counts) - other.resampled(counts)))
    every = np.concatenate(differences)
    told = every[~np.isnan(every)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(told, [tail, 1 - tail]) if len(told) else (np.nan, np.nan)
    improvement = sign * (challenger.value() - other.value())
    return Comparison(
        against=against,
        improvement=improvement,
        relative=improvement / abs(other.value()) if other.value() else 0.0,
        low=float(low),
        high=float(high),
        confidence=CONFIDENCE,
        resamples=len(told),
    )
