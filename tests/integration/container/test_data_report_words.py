"""What the page of the data report says, and in which order."""

import re
from datetime import date
from typing import Any

import duckdb
import pytest

from container.report import drift, page, profiling
from evergreen.contract import Contract
from evergreen.manifest import UNUSABLE_DATA, DataReport, FileReport, Rejection

CONTRACT = Contract.model_validate(
    {
        "id": "t",
        "task": "regression",
        "entity": "who",
        "target": {"column": "y"},
        "split": {"by": "random"},
        "input": {"columns": {"n": {"type": "integer"}, "who": {"type": "integer"}, "y": {"type": "number"}}},
    }
)
WHY = "only 3 hold-out rows; at least 50 are needed"
SOURCE = "s3://b/incoming/t/new.csv"
DROPPED = FileReport(arrival_id="a", source=SOURCE, rows=9, accepted=9, rejected=0)
WHOLE = Rejection(file="t", rule=UNUSABLE_DATA, reason=WHY)
ROW = Rejection(file=SOURCE, line=2, column="n", value="x", rule="type", reason="is not a whole number")


def _rows(count: int) -> str:
    return f"(SELECT range AS n, range % 7 AS who, range / 3.0 AS y FROM range({count}))"


def _page(**others: Any) -> str:
    report = DataReport(**{"usable": False, "files": (DROPPED,), "rejections": (WHOLE,), "rows": 9, **others})
    return page.render(report, CONTRACT, run_id="t-00002-aaaaaaaa", reason="told", day=date(2026, 1, 31))


def test_a_file_of_data_that_cannot_be_used_is_not_called_used() -> None:
    html = _page()
    assert ">not used<" in html
    assert "<td>used</td>" not in html


def test_the_reason_why_data_cannot_be_used_is_said_once_and_is_no_row_of_a_file() -> None:
    html = _page()
    assert html.count("3 hold-out rows; at least 50 are needed") == 1
    assert "Set aside, and why" not in html
    with_it = Rejection(file=SOURCE, rule="unusable_with_it", reason=f"with this file the data cannot be used: {WHY}")
    html = _page(rejections=(WHOLE, with_it), rejected_by_rule={"unusable_with_it": 1})
    assert html.count("at least 50 are needed") == 1
    assert "with this file the data cannot be used<" in html


@pytest.mark.parametrize(("rejected", "counted", "more"), [(1, 1, False), (30, 30, True), (0, 30, False)])
def test_the_quarantine_is_named_where_it_holds_more_than_the_page(rejected: int, counted: int, more: bool) -> None:
    file = DROPPED.model_copy(update={"rejected": rejected})
    html = _page(usable=True, files=(file,), rejections=(ROW,), rejected_by_rule={"type": counted})
    assert ("rejected.csv" in html) is more


def test_the_header_names_the_run_and_the_day() -> None:
    header = _page().split("</header>")[0].split("<header")[1]
    assert "t-00002-aaaaaaaa" in header
    assert "2026-01-31" in header


def test_the_target_is_the_first_column_and_the_entity_the_second() -> None:
    with duckdb.connect() as connection:
        profile = profiling.take(connection, _rows(90), CONTRACT)
    report = DataReport(usable=True, files=(), rejections=(), rows=90)
    html = page.render(report, CONTRACT, run_id="r", profile=profile)
    assert re.findall(r"<h3><bdi>(\w+)</bdi>", html) == ["y", "who", "n"]


def test_the_grey_rows_are_those_in_use_when_the_champion_became_champion() -> None:
    with duckdb.connect() as connection:
        champion = profiling.take(connection, _rows(900), CONTRACT)
        fresh = drift.counts(connection, _rows(90), champion, CONTRACT)
    report = DataReport(usable=True, files=(), rejections=(), rows=900, drift=drift.compare(champion, fresh))
    html = page.render(
        report, CONTRACT, run_id="r", profile=champion, champion=champion, champion_run_id="r1", fresh=fresh
    )
    assert "the 900 rows in use when r1 became champion" in html
    assert "learned from" not in html


def test_a_count_of_values_is_exact_of_few_rows_and_rounded_of_many() -> None:
    with duckdb.connect() as connection:
        few, many = (profiling.take(connection, _rows(rows), CONTRACT) for rows in (12_345, 123_456))
    report = DataReport(usable=True, files=(), rejections=(), rows=1)
    assert "distinct</i> 12,345<" in page.render(report, CONTRACT, run_id="r", profile=few)
    estimated = page.render(report, CONTRACT, run_id="r", profile=many)
    assert "distinct</i> about 100,000<" in estimated
    assert "distinct</i> at least 7<" in estimated
