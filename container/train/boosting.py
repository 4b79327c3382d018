"""Training of one booster."""

import os
from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from container.rows import LabelledRows, Matrix, Vector, matrix
from container.signature import Signature
from container.train.parameters import Hyperparameters, Value

CELLS_WORTH_THREADS = 5_000_000  # below, a second thread waits more than it works
UNJUDGED_ROUNDS = 100  # trees where no row is left to say when to stop


@dataclass(frozen=True)
class Fit:
    """A booster of as many trees as served the validation rows best."""

    booster: xgb.Booster
    judged: xgb.Booster  # the one that has not seen the validation rows; the same where they are not learned
    best_iteration: int


@dataclass(frozen=True)
class Fold:
    """Rows as numbers, with what became of them."""

    values: Matrix
    targets: Vector

    @classmethod
    def of(cls, rows: LabelledRows, signature: Signature) -> "Fold":
        return cls(matrix(rows.table, signature), rows.targets)

    def __add__(self, other: "Fold") -> "Fold":
        return Fold(np.concatenate((self.values, other.values)), np.concatenate((self.targets, other.targets)))

    def where(self, wanted: NDArray[np.bool_]) -> "Fold":
        """Only the rows that are wanted."""
        return Fold(self.values[wanted], self.targets[wanted])


def fit(
    objective: dict[str, Value],
    train: Fold,
    validation: Fold,
    signature: Signature,
    parameters: Hyperparameters,
    *,
    learn_all: bool = False,
) -> Fit:
    """Boost on the training rows for as long as the validation rows gain by it.

    With `learn_all` that many trees are then grown anew from training and validation rows together.
    """
    if not len(validation.targets):
        booster = _boost(
            objective, train, None, signature, parameters, rounds=min(parameters.num_round, UNJUDGED_ROUNDS)
        )
        return Fit(booster, booster, booster.num_boosted_rounds() - 1)
    booster = _boost(objective, train, validation, signature, parameters, rounds=parameters.num_round)
    rounds = booster.num_boosted_rounds()
    every = _boost(objective, train + validation, None, signature, parameters, rounds=rounds) if learn_all else booster
    return Fit(every, booster, rounds - 1)


def _boost(
    objective: dict[str, Value],
    train: Fold,
    validation: Fold | None,
    signature: Signature,
    parameters: Hyperparameters,
    *,
    rounds: int,
) -> xgb.Booster:
    threads = (os.cpu_count() or 1) if train.values.size > CELLS_WORTH_THREADS else 1
    # No names: XGBoost refuses some, and the signature checks what comes.
    types = ["c" if feature.type == "category" else "q" for feature in signature.features]
    about = {"feature_types": types, "enable_categorical": True, "nthread": threads}
    max_bin = int(parameters.values["max_bin"])
    rows = xgb.QuantileDMatrix(train.values, label=train.targets, max_bin=max_bin, **about)
    settings: dict[str, Value] = {**parameters.of_xgboost(), **objective, "tree_method": "hist", "nthread": threads}
    if validation is None:
        kept = xgb.train(settings, rows, num_boost_round=rounds)
    else:
        judge = xgb.QuantileDMatrix(validation.values, label=validation.targets, max_bin=max_bin, ref=rows, **about)
        booster = xgb.train(
            settings,
            rows,
            num_boost_round=rounds,
            evals=[(judge, "validation")],
            early_stopping_rounds=parameters.early_stopping_rounds,
            verbose_eval=False,
        )
        kept = booster[: booster.best_iteration + 1]
    kept.feature_names = kept.feature_types = None  # rows come as plain numbers
    return kept
