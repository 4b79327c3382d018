"""What a contract may say of the yield, and the arithmetic of bounds and of the series."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.observed_yield import Yield, sure_drop, wilson_lower, wilson_upper
from evergreen.yield_series import MOST_FINE, Bucket, YieldSeries, points

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
SHARES = st.integers(1, 500).flatmap(lambda known: st.tuples(st.integers(0, known), st.just(known)))


def stated(**given: Any) -> Yield:
    return Yield.model_validate({"good_when": "prediction = outcome", "threshold": 0.5, "window": 20} | given)


def bucket(minute: int, good: int, judged: int, model: str | None = "m") -> Bucket:
    start = MIDNIGHT + timedelta(minutes=minute)
    return Bucket(start=start, seconds=60, model=model, items=judged, judged=judged, good=good)


def test_what_a_contract_said_before_it_still_says() -> None:
    before = Yield.model_validate({"threshold": 0.95, "period_seconds": 60, "evaluation_periods": 3})
    assert before.good_when is None
    assert before.bad_periods == 3


def test_the_wilson_bound_is_that_of_the_textbook() -> None:
    # Of 10 items 8 good, one-sided 97.5 %: the usual two-sided 95 % interval is 0.4902 to 0.9433.
    assert wilson_lower(8, 10, 0.975) == pytest.approx(0.4902, abs=1e-4)
    assert wilson_upper(8, 10, 0.975) == pytest.approx(0.9433, abs=1e-4)
    assert (wilson_lower(0, 0, 0.95), wilson_upper(0, 0, 0.95)) == (0, 1)


@given(SHARES)
def test_the_bound_is_below_the_share_and_nearer_to_it_with_more_items(share: tuple[int, int]) -> None:
    good, known = share
    lower, upper = wilson_lower(good, known, 0.95), wilson_upper(good, known, 0.95)
    assert 0 <= lower <= good / known + 1e-12
    assert good / known - 1e-12 <= upper <= 1
    assert wilson_lower(good, known, 0.95) <= wilson_lower(10 * good, 10 * known, 0.95) + 1e-12


@given(SHARES, SHARES)
def test_a_sure_drop_is_less_than_the_one_that_is_seen(before: tuple[int, int], now: tuple[int, int]) -> None:
    assert sure_drop(before, now, 0.95) <= before[0] / before[1] - now[0] / now[1] + 1e-12


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"threshold": 0.95, "window": 30}, "out of reach: were all of 30 items good, the lower bound would be 0.917"),
        ({"min_samples": 21}, "min_samples must not be more than window"),
        ({"evaluation_periods": 2, "datapoints_to_alarm": 3}, "datapoints_to_alarm must not be more"),
        ({"silence_after": "8d"}, "at most 7d"),
        ({"silence_after": "0s"}, "more than nothing"),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        stated(**given)


@given(st.floats(0.01, 0.99))
def test_the_remedy_for_a_threshold_out_of_reach_is_one(threshold: float) -> None:
    try:
        stated(threshold=threshold, window=10)
    except ValidationError as error:
        least = int(str(error).split("be at least ")[1].split()[0].rstrip("["))
        stated(threshold=threshold, window=max(10, least))
        assert wilson_lower(least - 2, least - 2, 0.95) <= threshold, "and no larger than it must be"


@pytest.mark.parametrize("after", ["90s", "10m", "7m", "1h", "25h", "1d", "3d", "7d"])
def test_cloudwatch_can_watch_for_a_silence(after: str) -> None:
    seconds, periods = stated(silence_after=after).silence or (0, 0)
    assert seconds % 60 == 0
    assert 60 <= seconds <= 86_400
    assert seconds * periods <= (86_400 if seconds < 3_600 else 7 * 86_400)


def test_a_level_is_that_of_the_models_first_window() -> None:
    buckets = [bucket(0, 5, 10, "old"), bucket(1, 10, 10), bucket(2, 10, 10), bucket(3, 0, 10)]
    series = YieldSeries(dataset="d").recomputed(MIDNIGHT, buckets, stated())
    assert series.level("m", stated()) == (20, 20)
    assert series.level("old", stated()) is None, "ten items are no window of twenty"


def test_what_is_counted_anew_takes_the_place_of_what_was_counted_of_these_days() -> None:
    first = YieldSeries(dataset="d").recomputed(MIDNIGHT, [bucket(-5, 1, 2), bucket(0, 1, 2)], stated())
    again = first.recomputed(MIDNIGHT, [bucket(0, 2, 2), bucket(3, 1, 1)], stated())
    assert again.buckets == (bucket(-5, 1, 2), bucket(0, 2, 2), bucket(3, 1, 1))


def test_old_buckets_become_days_and_nothing_of_them_is_lost() -> None:
    many = [bucket(10 * number, number % 3, 2, "ab"[number % 2]) for number in range(2 * MOST_FINE)]
    series = YieldSeries(dataset="d").recomputed(MIDNIGHT - timedelta(days=1), many, stated())
    assert len(series.buckets) < 1.2 * MOST_FINE
    for count in ("items", "judged", "good"):
        assert sum(getattr(each, count) for each in series.buckets) == sum(getattr(each, count) for each in many)
    assert all(one.start <= other.start for one, other in pairwise(series.buckets))
    fine = [each for each in series.buckets if each.seconds == 60]
    assert all(each.start < fine[0].start for each in series.buckets if each.seconds == 86_400)


def test_a_point_of_the_series_is_the_window_behind_it_of_its_own_model() -> None:
    buckets = [bucket(0, 0, 10, "old"), bucket(1, 10, 10), bucket(2, 9, 10), bucket(3, 0, 10)]
    found = points(YieldSeries(dataset="d", buckets=tuple(buckets)), stated())
    assert [(each.good, each.judged) for each in found] == [(0, 10), (10, 10), (19, 20), (9, 20)]
    assert [each.bound is None for each in found] == [True, True, False, False]
