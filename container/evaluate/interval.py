"""How often a model's prediction interval holds on rows that it never saw."""

import numpy as np

from container.model import Model
from container.rows import Vector
from container.tasks.definition import Predictions
from evergreen.intervals import CheckedInterval


def checked_interval(model: Model, predictions: Predictions, targets: Vector) -> CheckedInterval | None:
    """The model's own interval with its coverage of the targets that are known; None where it has none."""
    interval, known = model.interval, ~np.isnan(targets)
    if interval is None or not known.any():
        return None
    ends = np.array([interval.around(each) for each in predictions[known, 0].astype(np.float64).tolist()])
    lower, upper = ends.T
    truth = targets[known]
    return CheckedInterval(
        **interval.model_dump(),
        coverage=float(np.mean((lower <= truth) & (truth <= upper))),
        judged_rows=len(truth),
        width=float(np.median(upper - lower)),
    )
