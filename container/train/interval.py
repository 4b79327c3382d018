"""Between which numbers the truth lies: split conformal prediction, in bands of equally many predictions."""

from math import ceil

import numpy as np

from container.fold import Fold
from container.model import Model
from container.rows import Vector
from evergreen.intervals import WITH_INTERVAL, PredictionInterval

_MOST_BANDS = 10
_ROWS_OF_A_BAND = 100  # fewer make its ends a matter of luck


def interval_of(model: Model, validation: Fold, level: float) -> PredictionInterval | None:
    """How far the model is off on the validation rows, which it has not seen; None where too few tell.

    Days to an event are measured where it came.
    """
    signature = model.signature
    known = ~np.isnan(validation.targets)
    if not level or signature.task not in WITH_INTERVAL or not known.any():
        return None
    predicted = model.predict(validation.values)[known, 0].astype(np.float64)
    above = _bands(predicted)
    band, off = np.searchsorted(above, predicted, side="right"), validation.targets[known] - predicted
    ends = [_ends(off[band == number], level) for number in range(len(above) + 1)]
    if any(each is None for each in ends):
        return None
    durations = signature.task == "time_to_event"
    return PredictionInterval(
        level=level,
        above=tuple(above),
        low=tuple(each[0] for each in ends if each),
        high=tuple(each[1] for each in ends if each),
        least=0.0 if durations else None,
        most=float(signature.horizon_days or 0) if durations else None,
        rows=int(known.sum()),
    )


def _bands(predicted: Vector) -> list[float]:
    """Where bands of equally many predictions begin; equal predictions are of one band."""
    count = min(_MOST_BANDS, len(predicted) // _ROWS_OF_A_BAND)
    if count < 2:
        return []
    begin = np.unique(np.quantile(predicted, np.arange(1, count) / count, method="higher"))
    return [float(each) for each in begin if each > predicted.min()]


def _ends(off: Vector, level: float) -> tuple[float, float] | None:
    """Of n errors in order, those that as many of n + 1 lie below and above: so that a new one is within, by `level`.

    None where n is too small for any.
    """
    outside = (1 - level) / 2
    place = ceil(round((len(off) + 1) * (1 - outside), 9))
    if place > len(off):
        return None
    ordered = np.sort(off)
    return float(ordered[len(off) - place]), float(ordered[place - 1])
