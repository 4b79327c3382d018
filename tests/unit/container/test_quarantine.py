import csv
from pathlib import Path

import pytest

from container.prepare.quarantine import LONGEST_REASON, Quarantine
from evergreen.manifest import Rejection


def written(folder: Path, value: str, reason: str = "is wrong") -> tuple[dict[str, str], Rejection]:
    with Quarantine(folder) as quarantine:
        quarantine.add(Rejection(file="s3://data/a.csv", line=2, column="c", value=value, rule="type", reason=reason))
    with (folder / "rejected.csv").open(newline="") as stream:
        return next(csv.DictReader(stream)), quarantine.first[0]


@pytest.mark.parametrize("value", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_a_value_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path, value: str) -> None:
    assert written(tmp_path, value)[0]["value"] == f"'{value}"


@pytest.mark.parametrize("value", ["-5", "+1.5e3", "six", "2011-12-09"])
def test_plain_numbers_and_text_stay_as_they_are(tmp_path: Path, value: str) -> None:
    assert written(tmp_path, value)[0]["value"] == value


def test_a_long_reason_is_cut_in_the_file_and_in_the_report(tmp_path: Path) -> None:
    row, shown = written(tmp_path, "x", reason="x" * 9999)
    assert len(row["reason"]) == len(shown.reason) == LONGEST_REASON


def test_rejections_are_counted_by_rule_of_rows_and_whole_files(tmp_path: Path) -> None:
    with Quarantine(tmp_path) as quarantine:
        for rule in ("type", "required", "type"):
            quarantine.add(Rejection(file="a.csv", line=2, rule=rule, reason="is wrong"))
        quarantine.refuse(Rejection(file="b.csv", rule="empty_file", reason="is empty"))
    assert quarantine.counts_by_rule == {"type": 2, "required": 1, "empty_file": 1}
