"""XGBoost: boosted trees, with categories as they are."""

from container.algorithms.xgboost.fitting import choices, fit
from container.algorithms.xgboost.predictor import SUFFIX, load, version

__all__ = ["SUFFIX", "choices", "fit", "load", "version"]
