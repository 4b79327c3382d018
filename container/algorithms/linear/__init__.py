"""A regularised linear model: what each feature adds is one number times its value, so anyone can follow it."""

from container.algorithms.linear.fitting import choices, fit
from container.algorithms.linear.predictor import SUFFIX, load, version

__all__ = ["SUFFIX", "choices", "fit", "load", "version"]
