import numpy as np
import pytest
import xgboost as xgb

from container.explanation import Contributions, contributions, importance, work
from container.model import Model
from container.signature import OUTPUTS, Feature, Signature
from evergreen.metrics import Task

RANDOM = np.random.default_rng(3)
VALUES = RANDOM.normal(size=(400, 4)).astype(np.float32)
VALUES[::9, 1] = np.nan
VALUES[:, 3] = RANDOM.integers(0, 5, 400)  # a category
NUMBER = VALUES[:, 0] * 2 + np.nan_to_num(VALUES[:, 1]) ** 2 + (VALUES[:, 3] == 2)


def trained(task: Task, target: np.ndarray, objective: str, *names: str, **settings: int) -> Model:
    features = (*(Feature(f"x{place}", "number") for place in range(3)), Feature("kind", "category", tuple("abcde")))
    classes = tuple("lmh")[: settings.get("num_class", 2)] if task in ("binary", "multiclass") else ()
    horizon = 90 if task == "time_to_event" else None
    signature = Signature("t", task, "who", features, "h", "y", OUTPUTS[task], "random", classes, horizon)
    about = {"feature_types": ["q", "q", "q", "c"], "enable_categorical": True, "nthread": 1}
    rows = xgb.QuantileDMatrix(VALUES, label=target, **about)
    booster = xgb.train({"objective": objective, "nthread": 1, **settings}, rows, num_boost_round=20)
    booster.feature_names = booster.feature_types = None
    return Model(dict.fromkeys(names, booster), signature, {})


def test_of_a_number_base_and_contributions_are_the_prediction() -> None:
    model = trained("regression", NUMBER, "reg:squarederror", "model")
    found = contributions(model, VALUES)["model"]
    assert found.base + found.values.sum(axis=1) == pytest.approx(model.predict(VALUES)[:, 0], abs=1e-4)


def test_of_a_probability_they_are_its_log_odds() -> None:
    model = trained("binary", (NUMBER > 1).astype(float), "binary:logistic", "model")
    found = contributions(model, VALUES)["model"]
    odds = found.base + found.values.sum(axis=1)
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(model.predict(VALUES)[:, 0], abs=1e-5)


def test_of_several_classes_they_explain_the_one_that_is_told() -> None:
    target = np.digitize(NUMBER, [0.0, 2.0]).astype(float)
    model = trained("multiclass", target, "multi:softprob", "model", num_class=3)
    found = contributions(model, VALUES)["model"]
    margins = model.boosters["model"].predict(xgb.DMatrix(VALUES), output_margin=True)
    assert found.base + found.values.sum(axis=1) == pytest.approx(margins.max(axis=1), abs=1e-4)


def test_each_predictor_of_an_event_is_explained_by_itself() -> None:
    model = trained("time_to_event", (NUMBER > 1).astype(float), "binary:logistic", "event", "duration")
    assert set(contributions(model, VALUES)) == {"event", "duration"}


def test_importance_is_a_share_and_finds_what_matters() -> None:
    model = trained("regression", NUMBER, "reg:squarederror", "model")
    shares = importance(contributions(model, VALUES)["model"])
    assert shares.sum() == pytest.approx(1)
    assert shares.argmax() == 0
    assert shares[2] < 0.1, "noise"


def test_a_model_that_nothing_moves_has_no_importance() -> None:
    assert importance(Contributions(np.zeros((3, 2)), np.ones(3))).tolist() == [0, 0]


def test_larger_models_are_more_work() -> None:
    small = trained("regression", NUMBER, "reg:squarederror", "model", max_depth=2)
    large = trained("regression", NUMBER, "reg:squarederror", "model", max_depth=8)
    assert 0 < work(small) < work(large)
