"""Probabilities that can be taken at their word: a scale and a shift per class, learned on rows not trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from container.rows import Vector

Probabilities = NDArray[np.float64]  # rows x classes
HELD = 0.01  # how much the calibration is drawn to changing nothing
LEAST = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Platt's scaling, for any number of classes."""

    scale: float
    shift: Vector

    @classmethod
    def of(cls, found: Probabilities, targets: Vector) -> "Calibration":
        """The one under which these rows' labels are the likeliest; without rows nothing is changed."""
        classes = found.shape[1]
        if not len(targets):
            return cls(1.0, np.zeros(classes))
        places, logits = targets.astype(np.intp), np.log(np.maximum(found, LEAST))

        def loss(flat: Vector) -> float:
            told = _softmax(flat[0] * logits + flat[1:])
            likely = np.log(np.maximum(told[np.arange(len(places)), places], LEAST)).mean()
            return float(-likely + HELD * ((flat[0] - 1) ** 2 + (flat[1:] ** 2).mean()))

        best = minimize(loss, np.concatenate(([1.0], np.zeros(classes))), method="L-BFGS-B").x
        return cls(float(best[0]), best[1:])

    def __call__(self, found: Probabilities) -> Probabilities:
        """Calibrated probabilities."""
        return _softmax(self.scale * np.log(np.maximum(found, LEAST)) + self.shift)


def _softmax(margins: Probabilities) -> Probabilities:
    raised = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
