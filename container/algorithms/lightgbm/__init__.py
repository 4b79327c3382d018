"""LightGBM: boosted trees that grow leaf by leaf."""

from container.algorithms.lightgbm.fitting import choices, fit
from container.algorithms.lightgbm.predictor import SUFFIX, load, version

DISTRIBUTED = False

__all__ = ["DISTRIBUTED", "SUFFIX", "choices", "fit", "load", "version"]
