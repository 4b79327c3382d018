import time
from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as reference

from container.concordance import concordance
from container.evaluate.bootstrap import compare
from container.evaluate.resampling import Plan, resample
from container.metrics import Statistic, accuracy, brier, f1, logloss, macro_f1, mae, mcc, mean, pinball, r2, rmse
from container.ranking import average_precision, roc_auc

RANDOM = np.random.default_rng(5)
ROWS = 400
VALUES = RANDOM.normal(100, 20, ROWS)
CAME = RANDOM.random(ROWS) < 0.2
CLASS = RANDOM.integers(0, 4, ROWS)

Of = Callable[[np.ndarray, np.ndarray], float]
Make = Callable[[np.ndarray, np.ndarray], Statistic]


def values(noise: float) -> np.ndarray:
    return (VALUES + RANDOM.normal(0, noise, ROWS)).astype(np.float32)


def odds(noise: float) -> np.ndarray:
    return np.clip(CAME * 0.3 + RANDOM.random(ROWS) * noise, 0, 1).round(2).astype(np.float32)  # with ties


def classes(noise: float) -> np.ndarray:
    return np.where(RANDOM.random(ROWS) < noise, RANDOM.integers(0, 5, ROWS), CLASS)  # one of them never true


def flags(noise: float) -> np.ndarray:
    return np.where(RANDOM.random(ROWS) < noise, ~CAME, CAME)


def of_truth(happened: np.ndarray, probability: np.ndarray) -> Statistic:
    return logloss(np.where(happened, probability, 1 - probability))


CASES: dict[str, tuple[Make, Of, np.ndarray, np.ndarray, np.ndarray, bool]] = {
    "mae": (mae, reference.mean_absolute_error, VALUES, values(5), values(9), False),
    "rmse": (rmse, reference.root_mean_squared_error, VALUES, values(5), values(9), False),
    "r2": (r2, reference.r2_score, VALUES, values(5), values(9), True),
    "roc_auc": (roc_auc, reference.roc_auc_score, CAME, odds(0.6), odds(1.5), True),
    "pr_auc": (average_precision, reference.average_precision_score, CAME, odds(0.6), odds(1.5), True),
    "brier": (brier, reference.brier_score_loss, CAME, odds(0.6), odds(1.5), False),
    "logloss": (of_truth, reference.log_loss, CAME, odds(0.6), odds(1.5), False),
    "pinball": (
        lambda truth, said: pinball(truth, said, 0.9),
        lambda truth, said: reference.mean_pinball_loss(truth, said, alpha=0.9),
        VALUES,
        values(5),
        values(9),
        False,
    ),
    "f1": (
        f1,
        lambda truth, said: reference.f1_score(truth, said, zero_division=0),
        CAME,
        flags(0.1),
        flags(0.3),
        True,
    ),
    "mcc": (mcc, reference.matthews_corrcoef, CAME, flags(0.1), flags(0.3), True),
    "accuracy": (accuracy, reference.accuracy_score, CLASS, classes(0.3), classes(0.6), True),
    "macro_f1": (
        lambda truth, said: macro_f1(truth, said, 6),
        lambda truth, said: reference.f1_score(truth, said, average="macro"),
        CLASS,
        classes(0.3),
        classes(0.6),
        True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_metric_is_that_of_scikit_learn(name: str) -> None:
    make, of, truth, good, poor, _ = CASES[name]
    for said in (good, poor, good[:1].repeat(ROWS)):
        assert make(truth, said).value() == pytest.approx(of(truth, said), rel=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_a_resample_is_told_exactly(name: str) -> None:
    make, of, truth, good, _, _ = CASES[name]
    drawn = RANDOM.integers(0, ROWS, (20, ROWS))
    counts = np.array([np.bincount(row, minlength=ROWS) for row in drawn]).astype(np.uint8).T
    expected = [of(truth[row], good[row]) for row in drawn]
    np.testing.assert_allclose(Plan([make(truth, good)]).told(counts)[0], expected, rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_a_better_challenger_has_a_positive_improvement_whatever_the_metric_likes(name: str) -> None:
    make, of, truth, good, poor, higher = CASES[name]
    comparison = compare("baseline", make(truth, good), make(truth, poor), higher)
    assert comparison.improvement == pytest.approx(abs(of(truth, good) - of(truth, poor)), rel=1e-4)
    assert 0 < comparison.low < comparison.improvement < comparison.high


@pytest.mark.parametrize(("truth", "said", "told"), [([3.0] * 4, [3.0] * 4, 1), ([0.1] * 4, [0.1, 0.1, 0.1, 0.3], 0)])
def test_r2_where_nothing_varies_is_one_for_a_hit_and_zero_otherwise(
    truth: list[float], said: list[float], told: float
) -> None:
    assert r2(np.array(truth), np.array(said)).value() == told == reference.r2_score(truth, said)


def test_r2_of_one_row_cannot_be_told() -> None:
    assert np.isnan(r2(np.array([3.0]), np.array([2.0])).value())


def test_a_certain_and_wrong_probability_costs_much_and_not_everything() -> None:
    wrong = np.array([0, 1], dtype=np.float32)
    assert of_truth(np.array([True, True]), wrong).value() == pytest.approx(
        reference.log_loss([1, 1], wrong, labels=[0, 1])
    )


def test_draws_without_a_row_of_the_rare_class_are_left_out() -> None:
    happened = np.arange(60) == 7
    good, poor = happened * 0.5 + RANDOM.random(60) / 4, RANDOM.random(60)
    for metric in (roc_auc, average_precision):
        comparison = compare("champion", metric(happened, good), metric(happened, poor), higher_is_better=True)
        assert 1000 < comparison.resamples < 1600  # one draw in e is without it
        assert np.isfinite([comparison.low, comparison.high]).all()


@pytest.mark.parametrize("horizon", [90, 7])
def test_concordance_is_that_of_counting_every_pair(horizon: int) -> None:
    durations = np.where(RANDOM.random(60) < 0.4, np.nan, np.floor(RANDOM.random(60) * horizon))
    expected = (np.nan_to_num(durations, nan=horizon) + RANDOM.normal(0, 20, 60)).round(-1)
    right = pairs = 0.0
    for one in range(60):
        for other in range(60):
            later = np.isnan(durations[other]) or durations[other] > durations[one]
            if not np.isnan(durations[one]) and later:
                pairs += 1
                right += 0.5 if expected[one] == expected[other] else expected[one] < expected[other]
    assert concordance(durations, horizon, expected).value() == pytest.approx(right / pairs)


def test_concordance_varies_from_draw_to_draw_as_it_does_from_sample_to_sample() -> None:
    def found() -> Statistic:
        durations = np.where(RANDOM.random(300) < 0.4, np.nan, RANDOM.random(300) * 90)
        return concordance(durations, 90, np.nan_to_num(durations, nan=90) + RANDOM.normal(0, 30, 300))

    samples = np.std([found().value() for _ in range(200)])
    (told,) = resample([Plan([found()])], 300)
    assert told.std() == pytest.approx(samples, rel=0.25)


def test_a_hundred_thousand_durations_are_concordant_in_seconds() -> None:
    durations = np.where(RANDOM.random(100_000) < 0.5, np.nan, RANDOM.random(100_000) * 90)
    begun = time.process_time()
    concordance(durations, 90, RANDOM.random(100_000))
    assert time.process_time() - begun < 5  # 0.4 s when the machine is quiet


def test_a_model_against_itself_is_no_improvement_at_all() -> None:
    same = mae(VALUES, VALUES + 1)
    comparison = compare("champion", same, same, higher_is_better=False)
    assert (comparison.improvement, comparison.low, comparison.high) == (0, 0, 0)


def test_the_comparison_is_paired() -> None:
    # Two models that err by the same noise but for one day: unpaired, the noise would hide the difference.
    noise = RANDOM.exponential(30, ROWS)
    comparison = compare("champion", mean(noise), mean(noise + 1), higher_is_better=False)
    assert comparison.low == pytest.approx(1)
    assert comparison.high == pytest.approx(1)


def test_the_same_rows_give_the_same_interval_every_time() -> None:
    make, _, truth, good, poor, higher = CASES["pr_auc"]
    pair = make(truth, good), make(truth, poor)
    assert compare("champion", *pair, higher) == compare("champion", *pair, higher)


def test_ten_thousand_rows_are_compared_in_seconds() -> None:
    happened = RANDOM.random(10_000) < 0.5
    one, other = RANDOM.random(10_000), RANDOM.random(10_000)
    begun = time.process_time()
    compare("champion", average_precision(happened, one), average_precision(happened, other), higher_is_better=True)
    assert time.process_time() - begun < 5  # 0.6 s when the machine is quiet
