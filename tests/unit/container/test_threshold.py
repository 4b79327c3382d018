import numpy as np
import pytest
from sklearn.metrics import f1_score

from container.tasks import binary
from container.train.threshold import best_threshold

RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize("decimals", [1, 2, 8])
def test_no_threshold_has_a_better_f1_than_the_one_that_is_chosen(decimals: int) -> None:
    targets = (RANDOM.random(300) < 0.15).astype(float)
    probability = (np.clip(targets * 0.2 + RANDOM.random(300) * 0.6, 0, 1)).round(decimals).astype(np.float32)
    chosen = best_threshold(targets, probability.reshape(-1, 1))
    labels = binary.answer(probability.reshape(-1, 1), chosen or 0).labels
    best = max(f1_score(targets, probability >= each) for each in np.unique(probability))
    assert f1_score(targets, labels) == pytest.approx(best)


def test_the_threshold_lies_between_two_probabilities() -> None:
    chosen = best_threshold(np.array([0.0, 0, 1, 1]), np.array([[0.1], [0.2], [0.4], [0.9]], dtype=np.float32))
    assert chosen == pytest.approx(0.3)


def test_where_all_are_positive_the_threshold_is_below_them() -> None:
    targets = np.array([1.0, 1, 1, 0])
    chosen = best_threshold(targets, np.array([[0.1], [0.2], [0.4], [0.1]], dtype=np.float32))
    assert chosen == pytest.approx(0.05)


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_rows_of_one_class_choose_no_threshold(target: float) -> None:
    assert best_threshold(np.full(5, target), np.full((5, 1), 0.4, dtype=np.float32)) is None
