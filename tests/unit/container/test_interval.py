from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from container.evaluate.interval import checked_interval
from container.fold import Fold
from container.model import INTERVAL, Model
from container.rows import Matrix, Vector
from container.signature import Feature, Signature
from container.train.interval import interval_of


@dataclass(frozen=True)
class Formula:
    """A predictor that computes."""

    of: Callable[[Matrix], Vector]
    features: int

    def predict(self, values: Matrix) -> Matrix:
        return self.of(values).astype(np.float32).reshape(-1, 1)

    def contributions(self, values: Matrix) -> Any:
        raise NotImplementedError

    def save(self) -> bytes:
        raise NotImplementedError


def model(of: Callable[[Matrix], Vector], features: int = 1, **training: Any) -> Model:
    named = tuple(Feature(name=f"x{number}", type="number") for number in range(features))
    signature = Signature(
        dataset="d",
        features_hash="",
        task="regression",
        entity="id",
        features=named,
        target="y",
        outputs=("prediction",),
        split="random 0.2",
    )
    return Model({"model": Formula(of, features)}, signature, training)


def test_an_interval_holds_as_often_as_it_says_on_measured_patients() -> None:
    data = load_diabetes()
    shares = []
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(data.target))
        learn, judge, test = order[:200], order[200:320], order[320:]
        bias = np.ones((len(learn), 1))
        weights = np.linalg.lstsq(np.hstack((data.data[learn], bias)), data.target[learn], rcond=None)[0]

        def line(values: Matrix, w: Vector = weights) -> Vector:
            return np.asarray(values @ w[:-1] + w[-1])

        fitted = model(line, features=10)
        interval = interval_of(fitted, Fold(data.data[judge], data.target[judge]), 0.8)
        assert interval
        checked = checked_interval(
            model(line, 10, **{INTERVAL: interval.model_dump()}), fitted.predict(data.data[test]), data.target[test]
        )
        assert checked
        shares.append(checked.coverage)
    assert 0.78 < float(np.mean(shares)) < 0.85


def test_where_larger_values_are_less_certain_their_interval_is_wider_and_holds_in_every_part() -> None:
    random = np.random.default_rng(5)
    x = random.uniform(1, 100, 4000)
    y = x + random.normal(0, 0.2 * x)
    fitted = model(lambda values: np.asarray(values[:, 0]))
    interval = interval_of(fitted, Fold(x[:2000].reshape(-1, 1), y[:2000]), 0.9)
    assert interval
    assert len(interval.low) == 10
    assert np.subtract(*interval.around(90)) < 5 * np.subtract(*interval.around(10))
    ends = np.array([interval.around(each) for each in x[2000:]])
    within = (ends[:, 0] <= y[2000:]) & (y[2000:] <= ends[:, 1])
    for part in (x[2000:] < 30, x[2000:] > 70):
        assert 0.86 < within[part].mean() < 0.94


@pytest.mark.parametrize(("rows", "level"), [(0, 0.8), (8, 0.8), (100, 0.0)])
def test_too_few_rows_or_no_wish_for_one_make_no_interval(rows: int, level: float) -> None:
    values = np.arange(rows, dtype=np.float64).reshape(-1, 1)
    fitted = model(lambda given: np.asarray(given[:, 0]))
    assert interval_of(fitted, Fold(values, np.zeros(rows)), level) is None


def test_nine_rows_are_enough_for_four_fifths_and_give_their_extremes() -> None:
    off = np.array([3.0, -1, 2, 0, 1, -2, -3, 0.5, -0.5])
    fitted = model(lambda given: np.zeros(len(given)))
    interval = interval_of(fitted, Fold(np.zeros((9, 1)), off), 0.8)
    assert interval
    assert (interval.low, interval.high) == ((-3.0,), (3.0,))


def test_equal_predictions_are_of_one_band() -> None:
    fitted = model(lambda given: np.zeros(len(given)))
    interval = interval_of(fitted, Fold(np.zeros((900, 1)), np.arange(900.0)), 0.8)
    assert interval
    assert interval.above == ()
