"""What `evergreen yield` draws: the lowest points, the threshold, and what happened, each in its place."""

from datetime import UTC, datetime, timedelta

from evergreen.champions import Entry
from evergreen.cli.yield_plot import shown
from evergreen.observed_yield import Yield
from evergreen.yield_chart import HEIGHT, chart
from evergreen.yield_series import Bucket, Measure, YieldSeries
from evergreen.yield_story import Happening, YieldStory, story

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
STATED = Yield(good_when="prediction = outcome", threshold=0.5, window=10)


def told(goods: list[int]) -> YieldStory:
    buckets = [
        Bucket(start=BEGIN + timedelta(minutes=number), seconds=60, items=10, judged=10, good=good)
        for number, good in enumerate(goods)
    ]
    measure = Measure(at=BEGIN, samples=10, good=goods[-1])
    series = YieldSeries(dataset="d", stated=STATED, buckets=tuple(buckets), measure=measure)
    entries = [Entry(event="PROMOTED", run_id="d-00002-bbbbbbbb", at="2026-03-01T00:40:00+00:00")]
    runs = [
        {
            "run_id": "d-00002-bbbbbbbb",
            "started_at": "2026-03-01T00:20:00+00:00",
            "causes": ["alarm Evergreen-d-observed-yield: Threshold Crossed"],
        },
        {"run_id": "d-00001-aaaaaaaa", "started_at": "2026-02-01T00:00:00+00:00", "causes": ["s3://b/k was dropped"]},
    ]
    return story(series, entries, runs, {"Evergreen-d-observed-yield": "OK"})


def test_the_story_has_what_happened_in_order() -> None:
    happened = told([10] * 60).happenings
    assert [(each.kind, each.at.minute) for each in happened] == [("alarm", 20), ("promotion", 40)]
    assert happened[0].words == "Evergreen-d-observed-yield asked for d-00002-bbbbbbbb"


def test_a_short_fall_is_seen_however_narrow_the_chart() -> None:
    lines = chart(told([10] * 30 + [0] + [10] * 300), 40)
    assert lines[HEIGHT - 1].startswith(" 0.00 ┤")
    assert "o" in lines[HEIGHT - 1] or "•" in lines[HEIGHT - 1]
    assert max(map(len, lines[: HEIGHT + 1])) <= 40


def test_marks_stand_at_their_times() -> None:
    lines = chart(told([10] * 60), 67)
    marks = lines[HEIGHT][7:]
    assert abs(marks.index("!") - 20) <= 1
    assert abs(marks.index("^") - 40) <= 1


def test_what_happened_in_the_first_span_of_time_is_marked() -> None:
    early = told([10] * 60).model_copy(
        update={"happenings": (Happening(at=BEGIN + timedelta(seconds=30), kind="alarm", words="asked"),)}
    )
    assert "!" in chart(early, 67)[HEIGHT]
    assert "!" not in chart(told([10] * 10), 67)[HEIGHT][7:12]


def test_one_point_is_a_chart_and_no_verdict_is_said_so() -> None:
    assert len(chart(told([7]), 80)) == HEIGHT + 3
    few = story(YieldSeries(dataset="d", stated=STATED, measure=Measure(at=BEGIN, samples=3, good=3)), [], [], {})
    assert (few.observed_yield, few.bound, few.points) == (None, None, ())


def test_a_picture_of_a_single_moment_shows_seconds_and_not_years() -> None:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert shown([at, at]) == (at - timedelta(seconds=10), at + timedelta(seconds=10))
    assert shown([at + timedelta(hours=100), at])[0] == at - timedelta(hours=3)
