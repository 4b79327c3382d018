"""Training of the two boosters."""

import os
from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from container.rows import LabelledRows, Matrix, matrix
from container.signature import Signature
from container.train.parameters import Hyperparameters, Value

EVENT = {"objective": "binary:logistic", "eval_metric": "logloss"}
DURATION = {"objective": "reg:absoluteerror", "eval_metric": "mae"}
CELLS_WORTH_THREADS = 5_000_000  # below, a second thread waits more than it works


@dataclass(frozen=True)
class Fit:
    """A booster cut off at its best iteration."""

    booster: xgb.Booster
    best_iteration: int


@dataclass(frozen=True)
class Fold:
    """Rows as numbers, with both labels."""

    values: Matrix
    durations: NDArray[np.float64]

    @classmethod
    def of(cls, rows: LabelledRows, signature: Signature) -> "Fold":
        return cls(matrix(rows.table, signature), rows.durations)

    @property
    def events(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.durations)


def fit_event(train: Fold, validation: Fold, signature: Signature, parameters: Hyperparameters) -> Fit:
    """Will the event come within the horizon: learned from all rows."""
    labels = train.events.astype(np.float32), validation.events.astype(np.float32)
    return _fit(EVENT, (train.values, labels[0]), (validation.values, labels[1]), signature, parameters)


def fit_duration(train: Fold, validation: Fold, signature: Signature, parameters: Hyperparameters) -> Fit:
    """After how many days does it come (the median): learned from the rows whose event came."""
    known, judged = train.events, validation.events
    return _fit(
        DURATION,
        (train.values[known], train.durations[known]),
        (validation.values[judged], validation.durations[judged]),
        signature,
        parameters,
    )


def _fit(
    objective: dict[str, str],
    train: tuple[Matrix, NDArray[np.floating]],
    validation: tuple[Matrix, NDArray[np.floating]],
    signature: Signature,
    parameters: Hyperparameters,
) -> Fit:
    threads = (os.cpu_count() or 1) if train[0].size > CELLS_WORTH_THREADS else 1
    types = ["c" if feature.type == "category" else "q" for feature in signature.features]
    names = [feature.name for feature in signature.features]
    about = {"feature_types": types, "feature_names": names, "enable_categorical": True, "nthread": threads}
    max_bin = int(parameters.values["max_bin"])
    matrix = xgb.QuantileDMatrix(train[0], label=train[1], max_bin=max_bin, **about)
    judge = xgb.QuantileDMatrix(validation[0], label=validation[1], max_bin=max_bin, ref=matrix, **about)
    settings: dict[str, Value] = {**parameters.of_xgboost(), **objective, "tree_method": "hist", "nthread": threads}
    booster = xgb.train(
        settings,
        matrix,
        num_boost_round=parameters.num_round,
        evals=[(judge, "validation")],
        early_stopping_rounds=parameters.early_stopping_rounds,
        verbose_eval=False,
    )
    best = booster.best_iteration
    kept = booster[: best + 1]
    kept.feature_names = kept.feature_types = None  # rows come as plain numbers; the signature checks them
    return Fit(kept, best)
