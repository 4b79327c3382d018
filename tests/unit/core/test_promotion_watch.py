"""Which items count as before and since a promotion, and when the watch is over."""

from datetime import UTC, datetime, timedelta

import pytest

from evergreen.champions import Entry
from evergreen.observed_yield import Yield
from evergreen.promotion_watch import WINDOWS, compare, is_over, promotion_watched
from evergreen.yield_series import Bucket, YieldSeries

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STATED = Yield(good_when="prediction = outcome", threshold=0.7, window=100)
PROMOTION = Entry(event="PROMOTED", run_id="new", at=T0.isoformat(), replaced="old")


def bucket(minutes: int, model: str | None, judged: int, good: int) -> Bucket:
    return Bucket(
        start=T0 + timedelta(minutes=minutes), seconds=60, model=model, items=judged, judged=judged, good=good
    )


def series(*buckets: Bucket) -> YieldSeries:
    return YieldSeries(dataset="line", buckets=buckets)


def test_before_is_the_last_window_of_whoever_predicted_then() -> None:
    found = compare(
        series(bucket(-9, "old", 500, 500), bucket(-1, "old", 100, 60), bucket(1, "new", 100, 20)), PROMOTION, STATED
    )
    assert (found.before.good, found.before.judged) == (60, 100), "and not the good times long before"
    assert found.is_worse


def test_what_the_old_model_still_predicts_after_the_promotion_is_not_held_against_the_new_one() -> None:
    found = compare(
        series(bucket(-1, "old", 100, 60), bucket(1, "old", 100, 0), bucket(1, "new", 100, 61)), PROMOTION, STATED
    )
    assert (found.since.good, found.since.judged) == (61, 100)
    assert not found.is_worse


def test_logs_that_name_no_model_count_by_their_time() -> None:
    found = compare(series(bucket(-1, None, 100, 60), bucket(0, None, 100, 10)), PROMOTION, STATED)
    assert found.is_worse


@pytest.mark.parametrize("counts", [((99, 60), (100, 0)), ((100, 60), (99, 0))])
def test_less_than_a_window_on_either_side_says_nothing(counts: tuple[tuple[int, int], tuple[int, int]]) -> None:
    (before, good_before), (since, good_since) = counts
    found = compare(
        series(bucket(-1, "old", before, good_before), bucket(1, "new", since, good_since)), PROMOTION, STATED
    )
    assert found.worse_by is None
    assert not found.is_worse


def test_after_some_windows_that_were_looked_at_the_watch_is_over() -> None:
    assert [is_over(judged, STATED) for judged in (0, WINDOWS * 100 - 1, WINDOWS * 100)] == [False, False, True]


def test_a_fall_of_a_few_points_within_noise_is_not_worse_and_a_large_one_is() -> None:
    verdicts = {
        good: compare(series(bucket(-1, "old", 100, 60), bucket(1, "new", 100, good)), PROMOTION, STATED)
        for good in (56, 40)
    }
    assert [each.is_worse for each in verdicts.values()] == [False, True]


def test_a_first_champion_a_rollback_and_another_champion_are_not_watched() -> None:
    first = Entry(event="PROMOTED", run_id="new", at=T0.isoformat())
    back = Entry(event="ROLLED_BACK", run_id="old", at=T0.isoformat(), replaced="new")
    published = Entry(event="PUBLISHED", run_id="x", at=T0.isoformat())
    assert promotion_watched([first], "new") is None
    assert promotion_watched([PROMOTION, back], "old") is None
    assert promotion_watched([PROMOTION], "other") is None
    assert promotion_watched([PROMOTION, published], "new") == PROMOTION
    assert promotion_watched([], "new") is None
