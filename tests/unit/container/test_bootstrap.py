"""The draws: fair, the same for all, and the same whoever counts them."""

import numpy as np
import pytest

from container.evaluate.bootstrap import interval
from container.evaluate.resampling import RESAMPLES, Plan, draw, resample
from container.metrics import brier, logloss, mae, mean
from container.ranking import Order, average_precision, roc_auc
from container.sums import run_up

RANDOM = np.random.default_rng(7)


def test_a_row_is_drawn_once_on_average_with_a_variance_of_one() -> None:
    counts = draw(2_000, 500, (1, 2)).astype(float)
    assert counts.mean() == pytest.approx(1, abs=0.005)
    assert counts.var() == pytest.approx(1, abs=0.01)
    assert counts.max() == 5


def test_blocks_and_seeds_draw_differently_and_the_same_ones_alike() -> None:
    one, other, seed = draw(100, 50, (1, 0)), draw(100, 50, (1, 1)), draw(100, 50, (2, 0))
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, seed)
    assert np.array_equal(one, draw(100, 50, (1, 0)))


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    shares = RANDOM.exponential(3, 900)
    (told,) = resample([Plan([mean(shares)])], 900)
    assert told.shape == (1, RESAMPLES)
    assert told.std() == pytest.approx(shares.std() / 30, rel=0.06)


def test_statistics_together_are_told_as_each_is_alone() -> None:
    happened, score = RANDOM.random(700) < 0.3, RANDOM.random(700).round(2)
    statistics = [average_precision(happened, score), roc_auc(happened, score), brier(happened, score)]
    (together,) = resample([Plan(statistics)], 700, 300)
    for statistic, told in zip(statistics, together, strict=True):
        ((alone,),) = resample([Plan([statistic])], 700, 300)
        np.testing.assert_allclose(told, alone, rtol=1e-12)


def test_a_slice_is_told_of_the_same_draws_as_the_whole() -> None:
    shares, some = RANDOM.random(500), np.flatnonzero(RANDOM.random(500) < 0.4)
    within = np.where(np.isin(np.arange(500), some), shares, 0)
    (whole,), (part,) = resample([Plan([mean(within)]), Plan([mean(shares[some])], some)], 500)
    counts = np.concatenate([draw(500, 500, (17, block)) for block in range(4)], axis=1)
    np.testing.assert_allclose(whole * counts.sum(axis=0) / counts[some].sum(axis=0), part)


def test_threads_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan([roc_auc(RANDOM.random(600) < 0.5, RANDOM.random(600)), mae(RANDOM.random(600), RANDOM.random(600))])
    (quiet,) = resample([plan], 600)
    monkeypatch.setattr("container.evaluate.resampling.WORTH_THREADS", 0)
    (threaded,) = resample([plan], 600)
    assert np.array_equal(quiet, threaded)


@pytest.mark.parametrize("draws", [1, 63, 64, 200])
@pytest.mark.parametrize("rows", [1, 15, 16, 17, 257])
def test_running_sums_are_those_of_numpy(rows: int, draws: int) -> None:
    cells = RANDOM.poisson(1, (rows, draws)).astype(np.float32)
    expected = np.cumsum(cells, axis=0)
    run_up(cells)
    np.testing.assert_array_equal(cells, expected)


@pytest.mark.parametrize("decimals", [0, 1, 2, 6])
def test_an_order_of_many_or_few_places_is_walked_in_pieces_alike(decimals: int) -> None:
    happened, score = RANDOM.random(3_000) < 0.2, RANDOM.random(3_000).round(decimals)
    order, counts = Order.of(happened, score), draw(3_000, 70, (3, 3))
    drawn = np.stack([order.sums(counts[:, place : place + 1], np.float64)[:, 0] for place in range(70)], axis=1)
    np.testing.assert_allclose(order.sums(counts), drawn, rtol=1e-5)


def test_nothing_drawn_above_the_first_row_with_the_event_is_no_trouble() -> None:
    happened, score = np.array([True, False, True]), np.array([3.0, 2.0, 1.0])
    counts = np.array([[0, 0, 1], [0, 1, 1]], dtype=np.uint8)
    told = Plan([average_precision(happened, score)]).told(np.vstack((counts, [[1, 1, 1]])).astype(np.uint8))[0]
    np.testing.assert_allclose(told, [1, 0.5, (1 + 2 / 3) / 2])


def test_few_rows_have_wider_intervals_than_many_with_the_same_draws() -> None:
    told = RANDOM.normal(size=2_000)
    widths = [np.subtract(*interval(told, rows)[::-1]) for rows in (5, 30, 1_000, 10**6)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == pytest.approx(2 * 2.326, rel=0.1)


def test_draws_that_tell_nothing_have_no_interval() -> None:
    assert np.isnan(interval(np.full(9, np.nan), 100)).all()
    assert np.isnan(interval(np.arange(9.0), 1)).all()
    low, high = interval(np.array([1.0, np.nan, np.inf, 1.0]), 100)
    assert (low, high) == (1, 1)


def test_models_that_hardly_differ_are_told_apart_by_no_rounding() -> None:
    happened, probability = RANDOM.random(5_000) < 0.2, RANDOM.random(5_000)
    one, other = (logloss(np.where(happened, each, 1 - each)) for each in (probability, probability + 1e-9))
    (told,) = resample([Plan([one, other])], 5_000)
    exact = np.array([one.value() - other.value()])
    assert (told[0] - told[1]).mean() == pytest.approx(exact[0], rel=0.2)
