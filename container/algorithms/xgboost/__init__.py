"""XGBoost: boosted trees, with categories as they are."""

from container.algorithms.xgboost.fitting import choices, fit
from container.algorithms.xgboost.predictor import SUFFIX, load, version

DISTRIBUTED = True

__all__ = ["DISTRIBUTED", "SUFFIX", "choices", "fit", "load", "version"]
