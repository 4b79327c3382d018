"""Rows that count less than others, in every algorithm."""

from typing import Any

import numpy as np
import pytest

from container.algorithms import algorithm
from container.algorithms.definition import Goal
from container.algorithms.hyperparameters import Hyperparameters
from container.fold import Fold
from container.signature import Feature

FEATURES = (Feature("x", "number"), Feature("y", "number"))
ALONE: dict[str, dict[str, Any]] = {
    "xgboost": {"subsample": "1", "colsample_bytree": "1", "min_child_weight": "0", "num_round": "30"},
    "lightgbm": {"bagging_fraction": "1", "feature_fraction": "1", "num_round": "30"},
    "linear": {"lambda": "0.001"},
}
NOBODY = Fold(np.empty((0, 2), np.float32), np.empty(0))


def rows(number: int, *, turned: bool = False) -> Fold:
    random = np.random.default_rng(number)
    values = random.normal(size=(number, 2)).astype(np.float32)
    return Fold(values, ((values[:, 0] > 0) ^ turned).astype(float))


def error(name: str, train: Fold) -> float:
    chosen = algorithm(name)
    parameters = Hyperparameters.of(ALONE[name], chosen.choices("binary"))
    told = chosen.fit(Goal("probability"), train, NOBODY, FEATURES, parameters).predictor
    judge = rows(777)
    return float(np.abs(told.predict(judge.values).reshape(-1) - judge.targets).mean())


@pytest.mark.parametrize("name", ALONE)
def test_rows_of_little_weight_do_little_harm(name: str) -> None:
    right, wrong = rows(400), rows(399, turned=True)
    light, heavy = (error(name, right + wrong.weighted(weight)) for weight in (0.05, 1.0))
    assert error(name, right) < light + 0.02
    assert light < heavy - 0.2


@pytest.mark.parametrize("name", ALONE)
def test_rows_that_all_count_one_are_as_rows_without_weights(name: str) -> None:
    some, more = rows(300), rows(200)
    assert error(name, some + more.weighted(1.0)) == pytest.approx(error(name, some + more), abs=1e-4)


def test_weights_stay_with_their_rows() -> None:
    both = rows(3) + rows(2).weighted(0.5)
    assert both.where(np.array([True, False, False, False, True])).weights.tolist() == [1.0, 0.5]  # type: ignore[union-attr]
    assert both.shares.sum() == pytest.approx(1)
    assert (rows(3) + rows(2)).weights is None
