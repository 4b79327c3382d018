"""The linear model is the one that scikit-learn would find on the same columns."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge

from container.algorithms.definition import Goal
from container.algorithms.hyperparameters import Hyperparameters
from container.algorithms.linear import choices, fit, load
from container.algorithms.linear.design import Design
from container.algorithms.linear.predictor import Linear
from container.fold import Fold
from container.signature import Feature

ROWS = 600
FEATURES = (Feature("a", "number"), Feature("b", "integer"), Feature("kind", "category", ("x", "y", "z")))
RANDOM = np.random.default_rng(3)
VALUES = np.column_stack(
    (RANDOM.normal(10, 4, ROWS), RANDOM.lognormal(2, 1, ROWS), RANDOM.integers(0, 3, ROWS))
).astype(np.float32)
VALUES[RANDOM.random((ROWS, 3)) < 0.1] = np.nan
SCORE = np.nan_to_num(VALUES[:, 0] - 10) / 4 + (VALUES[:, 2] == 1) + RANDOM.normal(0, 0.5, ROWS)
NOBODY = Fold(VALUES[:0], np.empty(0))


def train(goal: Goal, targets: NDArray[np.float64], strength: float = 0.01) -> tuple[Linear, NDArray[np.float64]]:
    parameters = Hyperparameters.of({"lambda": strength, "max_iter": 2000}, choices("regression"))
    model = fit(goal, Fold(VALUES, targets), NOBODY, FEATURES, parameters).predictor
    assert isinstance(model, Linear)
    return model, model.design.columns(VALUES)


def test_numbers_are_standardised_and_a_gap_is_the_mean_with_a_column_of_its_own() -> None:
    design = Design.of(VALUES, FEATURES, 50)
    raw = design.raw(VALUES)
    there = ~np.isnan(VALUES[:, 0])
    assert raw[there, 0].mean() == pytest.approx(0, abs=1e-9)
    assert raw[there, 0].std() == pytest.approx(1)
    assert set(raw[~there, 0]) == {0}
    assert np.array_equal(raw[:, 2] == 1, ~there)
    assert design.feature_of.tolist() == [0, 1, 0, 1, 2, 2, 2]
    assert design.columns(VALUES).mean(axis=0) == pytest.approx(0, abs=1e-9)


def test_only_the_commonest_categories_have_a_column() -> None:
    values = np.array([[0], [1], [1], [2], [2], [2]], dtype=np.float32)
    design = Design.of(values, (Feature("kind", "category", ("x", "y", "z")),), 2)
    assert design.category.tolist() == [2, 1]


def test_a_number_beyond_the_training_rows_counts_as_their_end() -> None:
    model, _ = train(Goal("mean"), SCORE)
    far, end = np.zeros((2, 1, 3), dtype=np.float32)
    far[0, 0], end[0, 0] = 1e9, np.nanmax(VALUES[:, 0])
    assert model.predict(far) == pytest.approx(model.predict(end))


def test_a_mean_is_ridge_regression() -> None:
    targets = 100 + 20 * SCORE
    model, columns = train(Goal("mean"), targets, 0.05)
    judge = Ridge(alpha=0.05 * ROWS).fit(columns, targets)
    assert model.weights[:, 0] == pytest.approx(judge.coef_, rel=1e-3, abs=1e-3)
    assert model.predict(VALUES)[:, 0] == pytest.approx(judge.predict(columns), rel=1e-4)


def test_a_probability_is_logistic_regression() -> None:
    targets = (SCORE > 0.5).astype(np.float64)
    model, columns = train(Goal("probability"), targets)
    judge = LogisticRegression(C=1 / (0.01 * ROWS), tol=1e-8, max_iter=2000).fit(columns, targets)
    assert model.weights[:, 0] == pytest.approx(judge.coef_[0], rel=1e-2, abs=1e-3)
    assert model.predict(VALUES)[:, 0] == pytest.approx(judge.predict_proba(columns)[:, 1], abs=1e-3)


def test_classes_are_multinomial_regression() -> None:
    targets = np.digitize(SCORE, [0, 1]).astype(np.float64)
    model, columns = train(Goal("classes", classes=3), targets)
    judge = LogisticRegression(C=1 / (0.01 * ROWS), tol=1e-8, max_iter=2000).fit(columns, targets)
    assert model.predict(VALUES) == pytest.approx(judge.predict_proba(columns), abs=1e-3)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_a_quantile_costs_hardly_more_than_the_best_there_is(quantile: float) -> None:
    targets = 100 + 20 * SCORE
    model, columns = train(Goal("quantile", quantile=quantile), targets, 1e-6)
    judge = QuantileRegressor(quantile=quantile, alpha=0).fit(columns, targets)

    def cost(predicted: NDArray[np.float64]) -> float:
        over = targets - predicted
        return float(np.maximum(quantile * over, (quantile - 1) * over).mean())

    predicted = model.predict(VALUES)[:, 0].astype(np.float64)
    assert cost(predicted) <= cost(judge.predict(columns)) * 1.01
    assert (targets < predicted).mean() == pytest.approx(quantile, abs=0.01)


def test_regularisation_weakens_for_as_long_as_validation_rows_gain() -> None:
    targets = RANDOM.normal(size=ROWS)  # nothing to learn
    some, others = Fold(VALUES[:300], targets[:300]), Fold(VALUES[300:], targets[300:])
    nothing = fit(Goal("mean"), some, others, FEATURES, Hyperparameters.of({}, choices("regression")))
    learned = fit(
        Goal("mean"),
        Fold(VALUES[:300], SCORE[:300]),
        Fold(VALUES[300:], SCORE[300:]),
        FEATURES,
        Hyperparameters.of({}, choices("regression")),
    )
    assert nothing.best_iteration < learned.best_iteration


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "format 2 of a linear model is not 1"),
        ({"weights": [[1.0]]}, "do not fit weights"),
        ({"goal": {"kind": "mean", "more": 1}}, "not complete"),
        ({"design": {}}, "not complete"),
    ],
)
def test_a_file_whose_parts_do_not_fit_is_refused(changes: dict[str, object], words: str) -> None:
    document = json.loads(train(Goal("mean"), SCORE)[0].save())
    with pytest.raises(ValueError, match=words):
        load(json.dumps({**document, **changes}).encode())
