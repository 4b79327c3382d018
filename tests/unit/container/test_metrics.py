import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, mean_absolute_error, roc_auc_score

from container.evaluate.bootstrap import compare
from container.evaluate.contribution import Contribution, Truth, contribution
from container.metrics import brier, mae, roc_auc
from container.model import Predictions
from evergreen.metrics import MetricName

RANDOM = np.random.default_rng(5)
ROWS = 400
DURATIONS = np.where(RANDOM.random(ROWS) < 0.4, np.nan, np.floor(RANDOM.random(ROWS) * 90))
TRUTH = Truth(DURATIONS, 90)
CAME = TRUTH.events


def predictions(noise: float) -> Predictions:
    days = np.clip(np.nan_to_num(DURATIONS, nan=45) + RANDOM.normal(0, noise, ROWS), 0, 90)
    odds = np.clip(CAME * 0.3 + RANDOM.random(ROWS) * noise / 50, 0, 1)
    return Predictions(days.round().astype(np.float32), odds.round(2).astype(np.float32))


GOOD, POOR = predictions(10), predictions(60)


def test_metrics_are_those_of_scikit_learn() -> None:
    odds, days = GOOD.event_probability, GOOD.duration[CAME]
    assert roc_auc(CAME, odds) == pytest.approx(roc_auc_score(CAME, odds))
    assert brier(CAME, odds) == pytest.approx(brier_score_loss(CAME, odds))
    assert mae(DURATIONS[CAME], days) == pytest.approx(mean_absolute_error(DURATIONS[CAME], days))


def test_contributions_add_up_to_the_metrics() -> None:
    assert contribution("roc_auc", TRUTH, GOOD).value() == pytest.approx(roc_auc(CAME, GOOD.event_probability))
    assert contribution("brier", TRUTH, GOOD).value() == pytest.approx(brier(CAME, GOOD.event_probability))
    assert contribution("mae", TRUTH, GOOD).value() == pytest.approx(mae(DURATIONS[CAME], GOOD.duration[CAME]))


def test_concordance_is_that_of_counting_every_pair() -> None:
    few = slice(0, 60)
    durations = DURATIONS[few]
    model = Predictions(GOOD.duration[few], GOOD.event_probability[few])
    odds, days = (values.astype(np.float64) for values in (model.event_probability, model.duration))
    expected = odds * days + (1 - odds) * 90
    right = pairs = 0.0
    for one in range(60):
        for other in range(60):
            later = np.isnan(durations[other]) or durations[other] > durations[one]
            if not np.isnan(durations[one]) and later:
                pairs += 1
                right += 0.5 if expected[one] == expected[other] else expected[one] < expected[other]
    assert contribution("concordance", Truth(durations, 90), model).value() == pytest.approx(right / pairs)


@pytest.mark.parametrize("metric", ["mae", "brier", "roc_auc"])
def test_the_interval_is_that_of_recomputing_the_metric_on_each_resample(metric: MetricName) -> None:
    higher = metric == "roc_auc"
    quick = compare("champion", contribution(metric, TRUTH, GOOD), contribution(metric, TRUTH, POOR), higher)
    slow = []
    for _ in range(600):
        drawn = RANDOM.integers(0, ROWS, ROWS)
        truth = Truth(DURATIONS[drawn], 90)
        good, poor = (
            contribution(metric, truth, Predictions(of.duration[drawn], of.event_probability[drawn])).value()
            for of in (GOOD, POOR)
        )
        slow.append(good - poor if higher else poor - good)
    low, high = np.quantile(slow, [0.025, 0.975])
    width = high - low
    assert quick.low == pytest.approx(low, abs=0.15 * width)
    assert quick.high == pytest.approx(high, abs=0.15 * width)


def test_a_better_challenger_has_a_positive_improvement_whatever_the_metric_likes() -> None:
    for metric, higher in (("mae", False), ("brier", False), ("roc_auc", True), ("concordance", True)):
        better = contribution(metric, TRUTH, GOOD)  # type: ignore[arg-type]
        worse = contribution(metric, TRUTH, POOR)  # type: ignore[arg-type]
        comparison = compare("baseline", better, worse, higher)
        assert comparison.improvement > 0
        assert comparison.low < comparison.improvement < comparison.high


def test_a_model_against_itself_is_no_improvement_at_all() -> None:
    same = contribution("mae", TRUTH, GOOD)
    comparison = compare("champion", same, same, higher_is_better=False)
    assert (comparison.improvement, comparison.low, comparison.high) == (0, 0, 0)


def test_the_comparison_is_paired() -> None:
    # Two models that err by the same noise but for one day: unpaired, the noise would hide the difference.
    noise = RANDOM.exponential(30, ROWS)
    ones = np.ones(ROWS)
    comparison = compare("champion", Contribution(noise, ones), Contribution(noise + 1, ones), higher_is_better=False)
    assert comparison.low == pytest.approx(1)
    assert comparison.high == pytest.approx(1)


def test_the_same_rows_give_the_same_interval_every_time() -> None:
    pair = contribution("mae", TRUTH, GOOD), contribution("mae", TRUTH, POOR)
    assert compare("champion", *pair, False) == compare("champion", *pair, False)
