"""A regularised linear model: what each feature adds is one number times its value, so anyone can follow it."""

from container.algorithms.linear.fitting import choices, fit
from container.algorithms.linear.predictor import SUFFIX, load, version

DISTRIBUTED = False

__all__ = ["DISTRIBUTED", "SUFFIX", "choices", "fit", "load", "version"]
