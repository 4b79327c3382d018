"""Schedules: cron expressions as EventBridge Scheduler reads them, and what a contract may state."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.cron import Cron, next_of_rate
from evergreen.schedule import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday


def times(expression: str, count: int, after: datetime = T0, zone: ZoneInfo | None = None) -> list[str]:
    found, cron = [], Cron.parse(expression)
    for _ in range(count):
        after = cron.next(after, zone or ZoneInfo("UTC")) or after
        found.append(after.strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # The first five are examples of the EventBridge user guide.
        ("0 10 * * ? *", ["2026-03-02 10:00", "2026-03-03 10:00"]),
        ("15 12 * * ? *", ["2026-03-02 12:15", "2026-03-03 12:15"]),
        ("0 18 ? * MON-FRI *", ["2026-03-02 18:00", "2026-03-03 18:00"]),
        ("0 8 1 * ? *", ["2026-04-01 08:00", "2026-05-01 08:00"]),
        ("0/5 8-17 ? * MON-FRI *", ["2026-03-02 08:05", "2026-03-02 08:10"]),
        ("0/15 * * * ? *", ["2026-03-02 08:15", "2026-03-02 08:30"]),
        ("30 */6 * * ? *", ["2026-03-02 12:30", "2026-03-02 18:30"]),
        ("0 9 ? * 2#1 *", ["2026-03-02 09:00", "2026-04-06 09:00"]),
        ("0 9 ? * FRI#5 *", ["2026-05-29 09:00", "2026-07-31 09:00"]),
        ("0 9 ? * 6L *", ["2026-03-27 09:00", "2026-04-24 09:00"]),
        ("0 9 ? * L *", ["2026-03-28 09:00", "2026-04-25 09:00"]),
        ("0 9 L * ? *", ["2026-03-31 09:00", "2026-04-30 09:00"]),
        ("0 9 LW * ? *", ["2026-03-31 09:00", "2026-04-30 09:00"]),
        ("0 9 1W * ? *", ["2026-03-02 09:00", "2026-04-01 09:00"]),
        ("0 9 15W AUG,NOV ? *", ["2026-08-14 09:00", "2026-11-16 09:00"]),
        ("0 9 1W AUG ? *", ["2026-08-03 09:00", "2027-08-02 09:00"]),
        ("0 9 31 * ? *", ["2026-03-31 09:00", "2026-05-31 09:00"]),
        ("0 0 29 FEB ? *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 1 1 ? 2030-2031", ["2030-01-01 00:00", "2031-01-01 00:00"]),
        ("0 9 ? * SUN,sat *", ["2026-03-07 09:00", "2026-03-08 09:00"]),
    ],
)
def test_an_expression_names_its_times(expression: str, expected: list[str]) -> None:
    assert times(expression, 2) == expected


def test_after_the_last_year_nothing_comes() -> None:
    assert Cron.parse("0 0 1 1 ? 2020-2025").next(T0, ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 6 * * *", "six fields"),
        ("0 6 * * * *", "exactly one must be ?"),
        ("0 6 ? * ? *", "exactly one must be ?"),
        ("60 6 ? * MON *", "minutes: '60'"),
        ("0 24 ? * MON *", "hours: '24'"),
        ("0 6 ? 13 MON *", "month: '13'"),
        ("0 6 ? * 8 *", "day of week: '8'"),
        ("0 6 ? * MON 1969", "year: '1969'"),
        ("0 6 ? * MON#6 *", "day of week"),
        ("0 6 40W * ? *", "day of month"),
        ("5-1 6 ? * MON *", "minutes: '5-1'"),
        ("*/0 6 ? * MON *", "minutes: '\\*/0'"),
        ("a 6 ? * MON *", "minutes: 'A'"),
        ("0 6 ? * MON, *", "day of week: ''"),
        ("0 6 ? * MON#1,FRI#2 *", "day of week: 'MON#1,FRI#2' has a # in a list"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_field(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Cron.parse(expression)


def test_a_time_zone_moves_with_its_summer_time() -> None:
    after = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
    assert times("0 6 * * ? *", 2, after, BERLIN) == ["2026-03-28 05:00", "2026-03-29 04:00"]


def test_a_time_that_the_clocks_skip_is_left_out_and_one_that_they_repeat_comes_once() -> None:
    assert times("30 2 * * ? *", 2, datetime(2026, 3, 28, 12, 0, tzinfo=UTC), BERLIN) == [
        "2026-03-30 00:30",
        "2026-03-31 00:30",
    ]
    assert times("30 2 * * ? *", 2, datetime(2026, 10, 24, 12, 0, tzinfo=UTC), BERLIN) == [
        "2026-10-25 00:30",
        "2026-10-26 01:30",
    ]


fields = st.tuples(
    st.sampled_from(["*", "0", "7,30", "*/7", "10-20/3"]),
    st.sampled_from(["*", "2", "1-4", "*/5"]),
    st.sampled_from(["*", "1", "L", "15W", "28-31"]),
    st.sampled_from(["*", "2", "MAR-OCT"]),
).map(lambda parts: f"{parts[0]} {parts[1]} {parts[2]} {parts[3]} ? *")


@given(fields, st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_times_come_later_and_later_and_the_first_is_not_skipped(expression: str, moment: datetime, zone: str) -> None:
    cron, after = Cron.parse(expression), moment.replace(tzinfo=UTC)
    found = [after]
    for _ in range(4):
        found.append(cron.next(found[-1], ZoneInfo(zone)) or found[-1])
    assert all(one < other for one, other in pairwise(found))
    a_minute_before = found[1] - timedelta(minutes=1)
    assert cron.next(max(after, a_minute_before), ZoneInfo(zone)) == found[1]


def test_a_rate_begins_with_its_start() -> None:
    every = timedelta(hours=12)
    assert next_of_rate(every, T0, T0 - timedelta(seconds=1)) == T0
    assert next_of_rate(every, T0, T0) == T0 + every
    assert next_of_rate(every, T0, T0 + timedelta(hours=13)) == T0 + 2 * every


def test_a_schedule_is_over_when_all_its_years_are_past() -> None:
    assert Schedule(cron="0 6 ? * MON 2024-2025").is_over(T0)
    assert not Schedule(cron="0 6 ? * MON 2024-2026").is_over(T0)
    assert not Schedule(rate="1h").is_over(T0)


def test_a_schedule_says_itself_as_the_scheduler_takes_it() -> None:
    assert Schedule(cron="0 6 ? * MON-FRI *", timezone="Europe/Berlin").expression == "cron(0 6 ? * MON-FRI *)"
    assert Schedule(rate="12h").expression == "rate(720 minutes)"


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({}, "either cron or rate"),
        ({"cron": "0 6 ? * MON *", "rate": "1h"}, "either cron or rate"),
        ({"rate": "90s"}, "whole minutes, five at least"),
        ({"rate": "301s"}, "whole minutes, five at least"),
        ({"cron": "0 6 30 2 ? *"}, "a day that no month has"),
        ({"cron": "0 6 ? * MON"}, "six fields"),
        ({"cron": "0 6 ? * MON *", "timezone": "Europe/Atlantis"}, "timezone 'Europe/Atlantis' is not known"),
        ({"cron": "0 6 ? * MON *", "timezone": "/etc/passwd"}, "timezone '/etc/passwd' is not known"),
        ({"cron": "0 6 ? * MON *", "jitter_minutes": 1441}, "less than or equal to 1440"),
    ],
)
def test_a_schedule_that_could_not_be_deployed_is_refused(stated: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Schedule.model_validate(stated)
