"""Inference logs as people and machines write them: what is wrong is rejected with its reason, the rest is measured."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.integration.container.logs import COLUMNS, NOW, Line, csv_of, json_of, moment, row
from tests.integration.stores.aws import BUCKET, account


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with account() as aws:
        yield Line(aws, tmp_path)


GOOD = [row(number, 60 - number, "good", "good") for number in range(1, 11)]
WRONG = {
    "no id": ({"item_id": ""}, "item_id", "required"),
    "an id of another kind": ({"item_id": "A-17"}, "item_id", "type"),
    "no time": ({"time": ""}, "time", "required"),
    "no such time": ({"time": "2026-02-30T10:00:00Z"}, "time", "type"),
    "a clock in the future": ({"time": moment(-6)}, "time", "clock"),
    "a clock of long ago": ({"time": "1999-12-31T23:59:59Z"}, "time", "clock"),
    "a confidence above 1": ({"confidence": 1.01}, "confidence", "range"),
    "a confidence below 0": ({"confidence": -0.5}, "confidence", "range"),
    "a confidence that is no number": ({"confidence": "high"}, "confidence", "type"),
    "neither prediction nor outcome": ({"prediction": "", "outcome": ""}, "", "empty_row"),
    "a label of another data set": ({"prediction": "churned"}, "prediction", "allowed"),
    "a model of another data set": ({"model": "next-purchase-00001-aaaaaaaa"}, "model", "other_data_set"),
    "one whose name begins as ours": ({"model": "line-x-00001-aaaaaaaa"}, "model", "other_data_set"),
    "an item that comes again": ({"item_id": 3}, "item_id", "duplicate"),
}


@pytest.mark.parametrize("is_json", [False, True], ids=["csv", "jsonl"])
def test_each_wrong_row_is_told_of_and_the_measure_is_that_of_the_others(line: Line, is_json: bool) -> None:
    wrong = [row(100 + number, 5, "good", "bad") | more for number, (more, _, _) in enumerate(WRONG.values())]
    body = json_of([*GOOD, *wrong]) if is_json else csv_of([*GOOD, *wrong])
    dropped = line.put("a.jsonl" if is_json else "a.csv", body)

    series = line.measure(dropped)

    first = len(GOOD) + (1 if is_json else 2)
    expected = [(str(first + number), column, rule) for number, (_, column, rule) in enumerate(WRONG.values())]
    assert line.rejected(dropped) == expected
    report = line.report(dropped)
    assert (report.rows, report.taken, report.rejected) == (len(GOOD) + len(WRONG), len(GOOD), len(WRONG))
    assert series.measure is not None
    assert (series.measure.good, series.measure.samples) == (10, 10)


@pytest.mark.parametrize(
    ("name", "body", "rule"),
    [
        ("empty.csv", "", "empty_file"),
        ("header.csv", csv_of([]), "no_rows"),
        ("no-id.csv", csv_of(GOOD, COLUMNS[1:]), "missing_column"),
        ("no-time.jsonl", json_of({**each, "time": ""} for each in GOOD), "missing_column"),
        ("others.csv", csv_of(GOOD, [*COLUMNS[:6], "Country", "Quantity"]), "other_data_set"),
        ("others.jsonl", json_of({**each, "Country": "F", "Quantity": 1} for each in GOOD), "other_data_set"),
        ("all-wrong.csv", csv_of({**each, "item_id": ""} for each in GOOD), "too_many_rejected"),
        ("workbook.csv", b"PK\x03\x04" + bytes(100), "not_a_csv"),
        ("damaged.csv.gz", gzip.compress(csv_of(GOOD).encode(), mtime=0)[:-9], "not_a_csv"),
        ("damaged.jsonl.gz", b"\x1f\x8b" + bytes(50), "not_a_csv"),
        ("not.jsonl", "item 1 was good\nitem 2 was bad\n", "missing_column"),
        ("bytes.jsonl", b'{"item_id": "\xc3\x28\xff\xc3\xbc"}\n', "encoding"),
        ("table.parquet", "PAR1", "no_inference_log"),
    ],
)
def test_a_log_that_is_wrong_as_a_whole_is_told_of_and_changes_nothing(
    line: Line, name: str, body: str | bytes, rule: str
) -> None:
    before = line.measure(line.put("good.csv", csv_of(GOOD)))
    dropped = line.put(name, body)
    after = line.measure(dropped)
    assert rule in {rejection[2] for rejection in line.rejected(dropped)}
    assert line.report(dropped).refused
    assert after.buckets == before.buckets


def test_a_log_of_a_data_set_that_is_not_there_is_told_of(line: Line) -> None:
    dropped = line.put("a.csv", csv_of(GOOD), folder="lime")
    line.measurement().take(0, dropped)
    assert "no data set 'lime'" in line.aws.text("quarantine/lime/inference/" + dropped.version_id + "/rejected.csv")


def test_what_is_odd_but_right_is_read(line: Line) -> None:
    rows = [
        {**row(1, 9, "good", "good"), "time": "2026-03-10T12:51:00+01:00"},
        {**row(2, 8, "bad", "bad"), "model": ""},
        {**row(3, -4.9, "good", "bad"), "confidence": 1},
        {**row(4, 7, "good", "good"), "model": "our own line's model v2"},
    ]
    dropped = line.put("a.csv.gz", gzip.compress(("\ufeff" + csv_of(rows)).replace("\n", "\r\n").encode()))
    series = line.measure(dropped)
    assert sum(each.judged for each in series.buckets) == 4
    assert not line.aws.keys("quarantine/")


def test_entity_and_target_may_have_their_own_names(line: Line) -> None:
    columns = ["item", "time", "prediction", "made", "speed"]
    rows = [{"item": each["item_id"], "made": each["outcome"], **each} for each in GOOD]
    assert line.measure(line.put("a.csv", csv_of(rows, columns))).measure.good == 10  # type: ignore[union-attr]


def test_observed_items_hold_what_was_logged_by_day_with_their_source(line: Line, tmp_path: Path) -> None:
    rows = [row(1, 1, "good", "bad", speed="1.50"), row(2, 60 * 24 + 1, "bad")]
    dropped = line.put("a.csv", csv_of(rows))
    line.measure(dropped)
    keys = line.aws.keys("observed/line/items/")
    assert keys == [f"observed/line/items/2026-03-{day:02}/{dropped.version_id}.parquet" for day in (9, 10)]
    line.aws.s3.download_file(BUCKET, keys[1], str(tmp_path / "a.parquet"))
    found = duckdb.sql(f"FROM '{tmp_path}/a.parquet'")
    (values,) = found.fetchall()
    item = dict(zip(found.columns, values, strict=True))
    assert item["item_id"] == "1"
    assert item["speed"] == "1.50", "features as they were logged, for PrepareData to type"
    assert (item["prediction"], item["outcome"], item["confidence"]) == ("good", "bad", 0.9)
    assert item["source"] == f"s3://{BUCKET}/inference/line/a.csv"
    assert item["time"].isoformat() == NOW.replace(tzinfo=None, minute=59, hour=11).isoformat()
