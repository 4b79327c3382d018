"""From which probability on a binary model tells the positive label."""

import numpy as np

from container.rows import Vector
from container.tasks.definition import Predictions


def best_threshold(targets: Vector, predictions: Predictions) -> float | None:
    """The one with the best F1 on these rows, between two probabilities that were predicted; None without both kinds.

    Of equally good ones the highest.
    """
    happened, probability = targets == 1, predictions[:, 0].astype(np.float64)
    if happened.all() or not happened.any():
        return None
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(happened[order])
    ends = np.flatnonzero(np.concatenate((ranked[1:] != ranked[:-1], [True])))
    best = int(np.argmax(2 * hits[ends] / (ends + 1 + happened.sum())))
    lowest, below = ranked[ends[best]], ranked[ends[best + 1]] if best + 1 < len(ends) else 0.0
    return float((lowest + below) / 2)
