"""What a run says of its columns, and whether it goes on when they have drifted."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.integration.container.conftest import Stage

TABLE: dict[str, Any] = {
    "entity": "item",
    "input": {
        "columns": {"item": {"type": "text"}, "a": {"type": "number"}, "b": {"type": "text"}, "y": {"type": "integer"}},
        "arrives": "replace",
    },
    "target": {"column": "y", "positive": "1"},
    "gate": {"min_rows": 5},
}


def csv(seed: int, times: float = 1.0) -> bytes:
    draw = random.Random(seed)
    lines = [
        f"i{number},{draw.gauss(50, 10) * times:.2f},{draw.choice('xyz')},{int(draw.random() < 0.3)}\n"
        for number in range(600)
    ]
    return "".join(["item,a,b,y\n", *lines]).encode()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The profile of the data that a champion learned from."""
    before = Stage(tmp_path / "before", dataset="line_yield")
    before.prepare({"first.csv": csv(1)}, **TABLE)
    return before.output / "prepared" / "profile.json"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "now", dataset="line_yield")


def summary(stage: Stage) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((stage.output / "prepared" / "summary.json").read_bytes())
    return said


def test_rows_like_those_the_champion_learned_from_have_no_drift(stage: Stage, profile: Path) -> None:
    report = stage.prepare({"more.csv": csv(2)}, champion_profile=profile, drift="block", **TABLE)
    assert {each.column: each.level for each in report.drift} == {"a": "none", "b": "none", "y": "none"}
    assert report.usable


def test_a_unit_that_changed_is_told_as_large_drift_and_the_run_goes_on(stage: Stage, profile: Path) -> None:
    report = stage.prepare({"cents.csv": csv(2, times=100)}, champion_profile=profile, **TABLE)
    assert {each.column: each.level for each in report.drift} == {"a": "large", "b": "none", "y": "none"}
    assert report.usable
    page = (stage.output / "prepared" / "report.html").read_text()
    assert "large drift" in page


def test_a_contract_that_blocks_drift_has_no_run_and_keeps_the_file_out(stage: Stage, profile: Path) -> None:
    report = stage.prepare({"cents.csv": csv(2, times=100)}, champion_profile=profile, drift="block", **TABLE)
    assert not report.usable
    assert report.files[0].refused
    assert "a (PSI" in summary(stage)["reason"]
    assert "drift: warn" in summary(stage)["reason"]
    assert not list((stage.output / "accepted").iterdir())
    assert not (stage.output / "prepared" / "profile.json").exists()


def test_a_profile_of_another_version_is_as_good_as_none(stage: Stage, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text('{"version": 0}')
    report = stage.prepare({"more.csv": csv(2)}, champion_profile=old, drift="block", **TABLE)
    assert report.usable
    assert report.drift == ()


def test_every_run_has_a_page_even_when_all_is_refused(stage: Stage) -> None:
    report = stage.prepare({"rubbish.csv": b"PK\x03\x04" + bytes(50)}, **TABLE)
    assert not report.usable
    assert "Excel" in (stage.output / "prepared" / "report.html").read_text()


def test_rows_without_labels_and_without_what_is_known_only_afterwards_have_no_drift_for_that(
    stage: Stage, profile: Path
) -> None:
    columns = {**TABLE["input"]["columns"], "mode": {"type": "text", "feature": False}}
    table = {**TABLE, "input": {"columns": columns, "arrives": "append", "key": ["item"]}}
    before = Stage(stage.base / "labelled", dataset="line_yield")
    text = csv(1).decode().splitlines()
    with_mode = [f"{text[0]},mode", *(f"{line},{'heat' if line.endswith('1') else 'none'}" for line in text[1:])]
    before.prepare({"first.csv": "\n".join(with_mode).encode()}, **table)
    (earlier,) = (before.output / "accepted").iterdir()
    unlabelled = ["item,a,b", *(f"new{line.rpartition(',')[0]}" for line in csv(2).decode().splitlines()[1:])]
    known = before.output / "prepared" / "profile.json"
    files = {"new.csv": "\n".join(unlabelled).encode()}
    report = stage.prepare(files, history=[earlier], champion_profile=known, drift="block", **table)
    assert report.usable
    assert {each.column: each.level for each in report.drift} == {"a": "none", "b": "none", "y": "none"}
    again = Stage(stage.base / "again", dataset="line_yield")
    report = again.prepare(
        {"first.csv": "\n".join(with_mode).encode()}, history=[earlier], champion_profile=known, **table
    )
    assert report.drift == (), "rows that were known already are no news"
