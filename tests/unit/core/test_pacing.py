"""When what waits may start: never early, never never, and the same answer whenever it is asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.durations import duration
from evergreen.pacing import Pacing, Rule, Waiting, next_start

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(hours=24)

spans = st.integers(0, 7200).map(lambda seconds: f"{seconds}s")
moments = st.integers(-100_000, 100_000).map(lambda seconds: T0 + timedelta(seconds=seconds))
waits = st.lists(
    st.builds(Waiting, recorded_at=moments, kind=st.sampled_from(["object", "alarm", "manual"])), min_size=1
)
starts = st.lists(moments, max_size=20)


@st.composite
def pacings(draw: st.DrawFn) -> Pacing:
    quiet, longest = sorted((draw(st.integers(0, 7200)), draw(st.integers(0, 7200))))
    return Pacing(
        quiet_period=f"{quiet}s",
        longest_wait=f"{longest}s",
        min_interval=draw(spans),
        max_runs_per_day=draw(st.integers(1, 10)),
    )


def at(minutes: float, kind: str = "object") -> Waiting:
    return Waiting(recorded_at=T0 + timedelta(minutes=minutes), kind=kind)


def minutes_of(moment: datetime) -> float:
    return (moment - T0) / timedelta(minutes=1)


def test_by_default_nothing_is_held_back() -> None:
    start = next_start([at(0), at(3)], [T0 - timedelta(seconds=1)], Pacing())
    assert (start.at, start.rule) == (T0, Rule.AT_ONCE)


def test_a_burst_makes_one_run_when_nothing_new_came_for_the_quiet_period() -> None:
    start = next_start([at(0), at(3), at(4)], [], Pacing(quiet_period="5m"))
    assert (minutes_of(start.at), start.rule) == (9, Rule.QUIET_PERIOD)
    assert "nothing new came for 5m" in start.why


def test_a_steady_trickle_cannot_put_a_run_off_for_ever() -> None:
    start = next_start([at(minute) for minute in range(59)], [], Pacing(quiet_period="5m", longest_wait="30m"))
    assert (minutes_of(start.at), start.rule) == (30, Rule.LONGEST_WAIT)


def test_runs_start_apart_by_the_interval() -> None:
    start = next_start([at(0)], [T0 - timedelta(minutes=10), T0 - timedelta(hours=3)], Pacing(min_interval="1h"))
    assert (minutes_of(start.at), start.rule) == (50, Rule.MIN_INTERVAL)


def test_of_too_many_runs_in_a_day_the_oldest_must_be_a_day_old() -> None:
    ran = [T0 - timedelta(hours=hours) for hours in (30, 20, 10, 1)]
    start = next_start([at(0)], ran, Pacing(max_runs_per_day=3))
    assert (start.at, start.rule) == (T0 + timedelta(hours=4), Rule.MAX_RUNS_PER_DAY)
    assert next_start([at(0)], ran, Pacing(max_runs_per_day=4)).at == T0


@pytest.mark.parametrize("kind", ["manual", "many", "redrive"])
def test_what_a_person_asks_for_waits_for_the_days_limit_only(kind: str) -> None:
    pacing = Pacing(quiet_period="5m", min_interval="6h", max_runs_per_day=2)
    waiting = [at(0), at(4, kind)]
    assert next_start(waiting, [T0 - timedelta(minutes=1)], pacing).rule == Rule.AT_ONCE
    ran = [T0 - timedelta(minutes=1), T0 - timedelta(minutes=9)]
    assert next_start(waiting, ran, pacing).rule == Rule.MAX_RUNS_PER_DAY


@given(waits, starts, pacings())
def test_it_never_starts_early(waiting: list[Waiting], started: list[datetime], pacing: Pacing) -> None:
    start = next_start(waiting, started, pacing)
    recorded = [each.recorded_at for each in waiting]
    assert start.at >= min(recorded)
    assert sum(start.at - DAY < each <= start.at for each in started) < pacing.max_runs_per_day or any(
        each > start.at for each in started
    )
    if not any(each.kind == "manual" for each in waiting):
        assert all(start.at >= each + duration(pacing.min_interval) for each in started)
        quiet = duration(pacing.quiet_period)
        gathered = not quiet or start.at >= max(recorded) + quiet  # without a quiet period the first waits for nobody
        assert gathered or start.at >= min(recorded) + duration(pacing.longest_wait)


@given(waits, starts, pacings())
def test_it_never_starves(waiting: list[Waiting], started: list[datetime], pacing: Pacing) -> None:
    start = next_start(waiting, started, pacing)
    first = min(each.recorded_at for each in waiting)
    bounds = [first + duration(pacing.longest_wait)]
    bounds += [each + max(duration(pacing.min_interval), DAY) for each in started]
    assert start.at <= max(bounds)


@given(waits, waits, starts, pacings())
def test_more_arrivals_never_bring_it_forward_unless_a_person_asks(
    waiting: list[Waiting], more: list[Waiting], started: list[datetime], pacing: Pacing
) -> None:
    first = min(each.recorded_at for each in waiting)
    later = [each for each in more if each.recorded_at >= first and each.kind != "manual"]
    before, after = next_start(waiting, started, pacing), next_start([*waiting, *later], started, pacing)
    assert after.at >= before.at or any(each.kind == "manual" for each in waiting)


@given(waits, starts, pacings())
def test_the_reason_names_the_rule_that_decides(
    waiting: list[Waiting], started: list[datetime], pacing: Pacing
) -> None:
    start = next_start(waiting, started, pacing)
    assert start.rule == Rule.AT_ONCE or f"({start.rule})" in start.why


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("6h", 21_600), ("2d", 172_800)])
def test_durations_are_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["5", "m", "5 m", "1.5h", "-1h", "5w", "PT5M", ""])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        duration(text)
    with pytest.raises(ValidationError):
        Pacing(quiet_period=text)


def test_a_longest_wait_shorter_than_the_quiet_period_is_refused() -> None:
    with pytest.raises(ValidationError, match="longest_wait must not be shorter"):
        Pacing(quiet_period="2h")
