"""What a run says and keeps of a table's files."""

import json
from pathlib import Path
from typing import Any

import pytest

from evergreen.manifest import DataReport
from tests.integration.container.conftest import Stage

TABLE: dict[str, Any] = {
    "entity": "item",
    "input": {
        "columns": {"item": {"type": "text"}, "a": {"type": "number"}, "y": {"type": "text"}},
        "arrives": "replace",
    },
    "target": {"column": "y", "positive": "bad"},
    "gate": {"min_rows": 5},
}
KEYED = {**TABLE, "input": {**TABLE["input"], "arrives": "append", "key": ["item"]}}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, dataset="line_yield")


def csv(count: int = 100, label: str = "bad", a: int = 0) -> bytes:
    lines = [f"i{number},{number + a},{label if number % 4 == 0 else 'good'}\n" for number in range(count)]
    return "".join(["item,a,y\n", *lines]).encode()


def reason(stage: Stage) -> str:
    said: str = json.loads((stage.output / "prepared" / "summary.json").read_bytes())["reason"]
    return said


def kept(stage: Stage) -> list[str]:
    return sorted(path.name for path in (stage.output / "accepted").iterdir())


def quarantined(stage: Stage) -> list[str]:
    return sorted(path.name for path in (stage.output / "quarantine").iterdir())


def scored(stage: Stage) -> dict[str, float]:
    lines = (stage.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()
    return {item: float(a) for item, a in (line.split(",") for line in lines)}


def test_the_newest_readable_snapshot_takes_the_place_of_the_others(stage: Stage) -> None:
    files = {"old.csv": csv(), "new.csv": csv(80, a=1000), "rubbish.csv": b""}
    report = stage.prepare(files, **TABLE)
    assert [(file.superseded, file.refused, file.accepted) for file in report.files] == [
        (True, False, 100),
        (False, False, 80),
        (False, True, 0),
    ]
    assert (report.rows, report.scoring_rows) == (80, 80)
    assert min(scored(stage).values()) == 1000
    assert reason(stage).endswith("20 of 80 are positive ('bad').")


def test_a_snapshot_that_makes_the_data_unusable_leaves_the_one_before_in_use(stage: Stage, tmp_path: Path) -> None:
    stage.prepare({"good.csv": csv()}, **TABLE)
    before = stage.output / "accepted" / "a0.parquet"
    run = Stage(tmp_path / "second", dataset="line_yield")
    report = run.prepare({"bad.csv": csv(label="good")}, history=[before], champion=True, **TABLE)
    assert not report.usable
    assert reason(run).startswith("No row of 'y' is 'bad', the positive class of the contract; it holds 'good' (100)")
    assert report.files[0].refused
    assert kept(run) == []
    assert report.rejected_by_rule == {"unusable_with_it": 1}
    third = Stage(tmp_path / "third", dataset="line_yield")
    assert third.prepare({}, history=[before], champion=True, **TABLE).rows == 100


def test_rows_of_known_items_with_other_values_are_noted(stage: Stage) -> None:
    report = stage.prepare({"first.csv": csv(), "second.csv": csv(120, a=1)}, **KEYED)
    assert [file.duplicates for file in report.files] == [0, 100]
    assert report.files[1].notes[-1] == "100 rows have a known key with other values; the first ones stay"
    assert scored(stage)["i5"] == 5
    assert report.rows == 120


def test_clean_files_leave_nothing_in_quarantine_and_others_their_reasons(stage: Stage, tmp_path: Path) -> None:
    stage.prepare({"clean.csv": csv()}, **TABLE)
    assert quarantined(stage) == []
    run = Stage(tmp_path / "second", dataset="line_yield")
    report = run.prepare({"mixed.csv": csv() + b"i100,x,bad\n"}, **TABLE)
    assert quarantined(run) == ["rejected.csv", "report.json"]
    assert DataReport.model_validate_json((run.output / "quarantine" / "report.json").read_bytes()) == report
    assert report.rejected_by_rule == {"type": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (csv(10), "Only "),
        (b"item,a\n" + b"".join(b"i%d,1\n" % number for number in range(50)), "No row has a value of 'y', the target"),
    ],
)
def test_too_little_to_learn_from_is_told_in_words(stage: Stage, content: bytes, words: str) -> None:
    report = stage.prepare({"few.csv": content}, **TABLE)
    assert not report.usable
    assert reason(stage).startswith(words)
    assert kept(stage) == ["a0.parquet"], "without a champion it waits for more"


def test_a_stray_label_in_the_very_first_file_keeps_that_file_out_so_that_the_next_can_be_used(stage: Stage) -> None:
    report = stage.prepare({"first.csv": csv() + b"i100,1,maybe\n"}, **KEYED)
    assert not report.usable
    assert "'maybe'" in reason(stage)
    assert report.files[0].refused
    assert kept(stage) == []


def test_a_category_that_begins_with_a_number_sign_stands_in_the_scoring_lines_as_it_was_learned(stage: Stage) -> None:
    columns = {**TABLE["input"]["columns"], "a": {"type": "text"}}
    lines = [f'"i,{n}",{"#1" if n % 2 else "plain"},{"bad" if n % 4 == 0 else "good"}\n' for n in range(100)]
    changes = {**TABLE, "input": {**TABLE["input"], "columns": columns}}
    assert stage.prepare({"a.csv": "".join(["item,a,y\n", *lines]).encode()}, **changes).usable
    scoring = (stage.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()
    assert sorted(scoring)[:2] == ['"i,0",plain', '"i,1",#1']
    signature = json.loads((stage.output / "prepared" / "train" / "signature.json").read_bytes())
    assert signature["features"][0]["categories"] == ["#1", "plain"]


def test_a_line_break_inside_of_quotes_never_reaches_the_lines_to_score(stage: Stage) -> None:
    """A payload of batch transform ends between any two lines."""
    columns = {**TABLE["input"]["columns"], "a": {"type": "text"}}
    lines = [f'i{n},"one\nvalue {n % 2}",{"bad" if n % 4 == 0 else "good"}\n' for n in range(100)]
    lines.append('"i\n100",plain,good\n')
    changes = {**TABLE, "input": {**TABLE["input"], "columns": columns}}
    report = stage.prepare({"a.csv": "".join(["item,a,y\n", *lines]).encode()}, **changes)
    assert (report.files[0].accepted, report.files[0].rejected) == (100, 1)
    scoring = (stage.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()
    assert sorted(scoring)[:2] == ["i0,one value 0", "i1,one value 1"]
    assert len(scoring) == 100
