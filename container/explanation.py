"""Why a model said what it said: what each feature adds to each row's prediction (SHAP values, by XGBoost itself)."""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from container.model import Model
from container.rows import Matrix

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """Of one predictor: each row's prediction, before it is made a probability, is its base and its values' sum."""

    values: Values  # rows x features
    base: Values  # of each row: what is said without knowing any feature


def contributions(model: Model, values: Matrix) -> dict[str, Contributions]:
    """Explain rows, by predictor; of several classes the one that is told."""
    rows = xgb.DMatrix(values, nthread=1)
    told = model.task.answer(model.predict(values)).labels
    return {name: _of(booster, rows, told) for name, booster in model.boosters.items()}


def importance(of: Contributions) -> Values:
    """Each feature's share in all that moves predictions: the mean size of what it adds."""
    size = np.abs(of.values).mean(axis=0)
    return np.asarray(size / (size.sum() or 1.0))


def work(model: Model) -> int:
    """How much work one row is, roughly: the bytes of the trees that it goes down."""
    return sum(len(booster.save_raw("ubj")) for booster in model.boosters.values())


def _of(booster: xgb.Booster, rows: xgb.DMatrix, told: NDArray[np.intp] | None) -> Contributions:
    found = booster.predict(rows, pred_contribs=True, strict_shape=True).astype(np.float64)  # rows x groups x features
    groups = found.shape[1]
    group = told if groups > 1 and told is not None else np.zeros(len(found), dtype=np.intp)
    chosen = found[np.arange(len(found)), group]
    return Contributions(chosen[:, :-1], chosen[:, -1])
