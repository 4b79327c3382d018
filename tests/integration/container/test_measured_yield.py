"""The observed yield against a count in plain Python, whatever logs come, late outcomes among them, in any order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from container.measure_yield import day_files
from container.measure_yield.data_bucket import DataBucket, FilesChanged
from container.measure_yield.measurement import Measurement
from evergreen.layout import ObservedLayout
from evergreen.yield_series import YieldSeries
from tests.integration.container.logs import MODEL, NOW, OTHER, Line, csv_of, json_of, row
from tests.integration.stores.aws import BUCKET, Account, account


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with account() as opened:
            yield opened


@pytest.fixture
def line(aws: Account, tmp_path: Path) -> Line:
    empty(aws)
    return Line(aws, tmp_path)


def empty(aws: Account) -> None:
    for key in aws.keys(""):
        aws.s3.delete_object(Bucket=BUCKET, Key=key)


@dataclass(frozen=True)
class Said:
    """A row of a log, for those who count by hand."""

    item: int
    minutes: int  # before now
    prediction: str
    outcome: str
    model: str

    def as_row(self) -> dict[str, Any]:
        return row(self.item, self.minutes, self.prediction, self.outcome, model=self.model)


def judged_by_hand(logs: Sequence[Sequence[Said]]) -> list[tuple[int, int, str, bool | None]]:
    """Every inference, the newest last: minutes before now, item, model and whether it was good."""
    inferences: dict[tuple[int, int], Said] = {}
    outcomes: dict[tuple[int, int], tuple[int, int, str]] = {}  # by the inference they belong to: the best so far
    for log in logs:
        for said in _without_doubles(log):
            if said.prediction:
                inferences[said.item, said.minutes] = said
    for number, log in enumerate(logs):
        for said in _without_doubles(log):
            if not said.outcome:
                continue
            until = said.minutes if said.prediction else said.minutes - 5
            known = [minutes for item, minutes in inferences if item == said.item and minutes >= until]
            if known:
                place = said.item, min(known)
                value = (-said.minutes, number, said.outcome)
                outcomes[place] = max(outcomes.get(place, value), value)
    found = []
    for (item, minutes), said in inferences.items():
        outcome = outcomes.get((item, minutes))
        good = said.prediction == outcome[2] if outcome else None
        found.append((minutes, item, said.model, good))
    return sorted(found, key=lambda each: (-each[0], str(each[1])))


def _without_doubles(log: Sequence[Said]) -> list[Said]:
    predicted: set[int] = set()
    found = []
    for said in log:
        if not (said.prediction and said.item in predicted):
            found.append(said)
        if said.prediction:
            predicted.add(said.item)
    return found


def window_by_hand(judged: Sequence[tuple[int, int, str, bool | None]], window: int) -> tuple[int, int]:
    newest = next((model for _, _, model, _ in reversed(judged) if model), "")
    known = [good for _, _, model, good in judged if good is not None and (not newest or model in (newest, ""))]
    return sum(known[-window:]), len(known[-window:])


LABELS = st.sampled_from(["good", "good", "bad"])
SAID = st.one_of(
    st.builds(Said, st.integers(1, 12), st.integers(0, 4000), LABELS, st.one_of(st.just(""), LABELS), st.just(MODEL)),
    st.builds(Said, st.integers(1, 12), st.integers(0, 400), LABELS, st.just(""), st.sampled_from([MODEL, ""])),
    st.builds(Said, st.integers(1, 12), st.integers(0, 4000), st.just(""), LABELS, st.just("")),
)


# Shrinking would take minutes: the logs that fail are small enough to be understood.
@settings(max_examples=12, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(logs=st.lists(st.lists(SAID, min_size=1, max_size=12), min_size=1, max_size=4), again=st.integers(0, 4))
def test_whatever_comes_the_measure_is_that_of_a_count_by_hand(
    aws: Account, logs: list[list[Said]], again: int
) -> None:
    empty(aws)
    with TemporaryDirectory() as folder:
        line = Line(aws, Path(folder))
        dropped = []
        for number, log in enumerate(logs):
            body = (json_of if number % 2 else csv_of)(said.as_row() for said in log)
            dropped.append(line.put(f"{number}.{'jsonl' if number % 2 else 'csv'}", body))
            line.measure(dropped[-1])
        series = line.measure(dropped[again % len(dropped)])  # an event that comes twice changes nothing
    judged = judged_by_hand(logs)
    if judged:
        assert series.measure is not None
        assert (series.measure.good, series.measure.samples) == window_by_hand(judged, 10)
    by_hand: dict[tuple[int, str], list[bool | None]] = defaultdict(list)
    for minutes, _, model, good in judged:
        start = (NOW - timedelta(minutes=minutes)).replace(second=0)
        by_hand[int(start.timestamp()), model].append(good)
    counted = {
        (int(each.start.timestamp()), each.model or ""): (each.items, each.judged, each.good) for each in series.buckets
    }
    assert counted == {
        place: (len(goods), sum(good is not None for good in goods), sum(good is True for good in goods))
        for place, goods in by_hand.items()
    }


def test_a_late_outcome_corrects_what_was_measured_before(line: Line) -> None:
    series = line.measure(line.put("a.csv", csv_of(row(item, 60 * 24 * 3 + item, "good") for item in range(1, 9))))
    assert (series.measure.samples, sum(each.judged for each in series.buckets)) == (0, 0)  # type: ignore[union-attr]
    line.measure(line.put("b.csv", csv_of(row(100 + item, item, "good", "good") for item in range(1, 3))))
    late = [row(item, 5, outcome="bad" if item < 3 else "good") for item in range(1, 9)]
    series = line.measure(line.put("c.csv", csv_of(late)))
    assert series.measure is not None
    assert (series.measure.good, series.measure.samples) == (8, 10)
    old = [each for each in series.buckets if each.start < NOW - timedelta(days=2)]
    assert (sum(each.judged for each in old), sum(each.good for each in old)) == (8, 6)


def test_an_outcome_before_its_inference_is_told_of_and_counts_when_that_comes(line: Line) -> None:
    early = line.put("a.csv", csv_of([row(1, 5, outcome="good"), row(2, 9, "good", "good")]))
    line.measure(early)
    assert line.rejected(early) == [("2", "item_id", "unknown_item")]
    assert (line.report(early).taken, line.report(early).unknown_items) == (2, 1)
    series = line.measure(line.put("b.csv", csv_of([row(1, 6, "good")])))
    assert series.measure is not None
    assert (series.measure.good, series.measure.samples) == (2, 2)


def test_fewer_items_than_are_needed_give_their_count_and_no_verdict(
    line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    line.measure(line.put("a.csv", csv_of(row(item, item, "good", "bad") for item in range(1, 4))))
    published = [each for each in capsys.readouterr().out.splitlines() if "_aws" in each]
    assert len(published) == 1
    assert '"SampleCount": 3' in published[0]
    assert "ObservedYield" not in published[0]


def test_a_new_model_is_measured_by_its_own_items(line: Line) -> None:
    line.measure(line.put("a.csv", csv_of(row(item, 90 - item, "good", "bad") for item in range(1, 21))))
    fresh = [row(100 + item, 20 - item, "good", "good", model=OTHER) for item in range(1, 7)]
    series = line.measure(line.put("b.csv", csv_of(fresh)))
    assert series.measure is not None
    assert (series.measure.model, series.measure.good, series.measure.samples) == (OTHER, 6, 6)
    assert series.measure.level == (6, 6)


def test_who_measures_at_the_same_time_loses_nothing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = line.measurement(), line.measurement()
    slow.take(0, line.put("a.csv", csv_of(row(item, item, "good", "good") for item in range(1, 6))))
    put_series = DataBucket.put_series

    def overtaken(bucket: DataBucket, layout: ObservedLayout, series: YieldSeries, tag: str | None) -> None:
        monkeypatch.setattr(DataBucket, "put_series", put_series)
        quick.take(0, line.put("b.csv", csv_of(row(item, item, "good", "bad") for item in range(11, 16))))
        quick.measure("line")
        put_series(bucket, layout, series, tag)

    monkeypatch.setattr(DataBucket, "put_series", overtaken)
    slow.measure("line")
    measure = line.series().measure
    assert measure is not None
    assert (measure.good, measure.samples) == (5, 10)


def test_files_of_a_crowded_day_are_joined_and_none_is_deleted(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_files, "MOST_LOOSE", 3)
    for item in range(1, 10):
        series = line.measure(line.put(f"{item}.csv", csv_of([row(item, 30 - item, "good", "good")])))
    assert series.measure is not None
    assert (series.measure.good, series.measure.samples) == (9, 9)
    assert len(line.aws.keys("observed/line/items/")) == 9
    assert line.aws.keys("observed/line/joined/") == ["observed/line/joined/2026-03-10.parquet"]
    reads: list[str] = []
    fetch = DataBucket.fetch
    monkeypatch.setattr(
        DataBucket, "fetch", lambda bucket, keys, folder: reads.extend(keys) or fetch(bucket, keys, folder)
    )
    line.measure(line.put("again.csv", csv_of([row(10, 1, "good", "good")])))
    assert len(reads) <= 5, "the joined file, and what is not in it"


def test_a_quiet_past_is_not_read(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(5, 0, -1):
        items = range(day * 100, day * 100 + 12)
        line.measure(line.put(f"{day}.csv", csv_of(row(item, day * 1440, "good", "good") for item in items)))
    fetched: list[str] = []
    keys = DataBucket.keys
    monkeypatch.setattr(DataBucket, "keys", lambda bucket, prefix: fetched.append(prefix) or keys(bucket, prefix))
    line.measure(line.put("now.csv", csv_of(row(item, 1, "good", "good") for item in range(1, 13))))
    assert [prefix for prefix in fetched if "/items/" in prefix] == ["observed/line/items/2026-03-10/"]


def test_files_that_go_while_they_are_read_are_looked_for_anew(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    measurement: Measurement = line.measurement()
    measurement.take(0, line.put("a.csv", csv_of([row(1, 1, "good", "good")])))
    fetch, failures = DataBucket.fetch, [True]

    def sometimes(bucket: DataBucket, keys: Sequence[str], folder: Path) -> list[Path]:
        if failures and failures.pop():
            raise FilesChanged("gone")
        return fetch(bucket, keys, folder)

    monkeypatch.setattr(DataBucket, "fetch", sometimes)
    measurement.measure("line")
    assert line.series().measure is not None
