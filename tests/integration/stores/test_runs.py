import math
from datetime import UTC, datetime

import pytest

from evergreen.runs import run_id_for
from evergreen.stores.runs import RunRecords
from tests.integration.stores.aws import Account

RUN = "next-purchase-00001-3f2a9c81"


@pytest.fixture
def runs(aws: Account) -> RunRecords:
    return RunRecords(aws.registry)


def test_a_run_is_what_it_was_created_with(runs: RunRecords) -> None:
    runs.create(RUN, status="RUNNING", fence=1, arrival_ids=["a"])
    assert runs.get(RUN) == {
        "run_id": RUN,
        "dataset": "next_purchase",
        "status": "RUNNING",
        "fence": 1,
        "arrival_ids": ["a"],
    }


def test_a_run_that_is_there_already_stays_as_it_is(runs: RunRecords) -> None:
    runs.create(RUN, status="RUNNING")
    runs.note(RUN, status="SUCCEEDED")
    runs.create(RUN, status="RUNNING")
    assert (runs.get(RUN) or {})["status"] == "SUCCEEDED"


def test_what_is_noted_is_added_to_what_is_known(runs: RunRecords) -> None:
    runs.create(RUN, status="RUNNING")
    runs.note(RUN, verdict={"outcome": "KEEP", "reasons": ("a", "b")}, evaluation={"mae": 18.9, "rows": 900})
    assert runs.get(RUN) == {
        "run_id": RUN,
        "dataset": "next_purchase",
        "status": "RUNNING",
        "verdict": {"outcome": "KEEP", "reasons": ["a", "b"]},
        "evaluation": {"mae": 18.9, "rows": 900},
    }


def test_a_metric_that_is_no_number_is_noted_as_none(runs: RunRecords) -> None:
    runs.note(RUN, evaluation={"mae": 18.9, "roc_auc": math.nan})
    assert (runs.get(RUN) or {})["evaluation"] == {"mae": 18.9}


def test_a_run_nobody_started_is_none(runs: RunRecords) -> None:
    assert runs.get(RUN) is None


def test_the_runs_of_a_data_set_come_newest_first_and_without_those_of_others(runs: RunRecords) -> None:
    for run_id in ("next-purchase-00002-aaaaaaaa", "next-purchase-00010-bbbbbbbb", RUN, "next-00001-cccccccc"):
        runs.create(run_id)
    assert [run["run_id"] for run in runs.of("next_purchase")] == [
        "next-purchase-00010-bbbbbbbb",
        "next-purchase-00002-aaaaaaaa",
        RUN,
    ]


def test_the_newest_starts_are_all_counted_however_much_the_runs_have_to_say(runs: RunRecords) -> None:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    for fence in range(1, 9):
        runs.create(run_id_for("next_purchase", fence, ["a"]), started_at=at.isoformat(), notice="x" * 300_000)
    assert len(runs.recent_starts("next_purchase", 7)) == 7
    assert len(runs.recent_starts("next_purchase", 100)) == 8
