"""The functions that end a run: arrivals settled, outcome recorded, people told once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from evergreen.arrivals import Arrival
from evergreen.generations import Published
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport, FileReport, Rejection
from evergreen.stores.arrivals import ArrivalState
from evergreen.verdict import Outcome, Verdict
from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET

Function = Callable[[str], Handler]
GOOD, BAD = "incoming/next_purchase/good.csv", "incoming/next_purchase/bad.csv"


@pytest.fixture
def run(world: World) -> tuple[dict[str, str], Arrival, Arrival]:
    """A run of a good and a bad file, checked by PrepareData; with the arrivals of both."""
    run_id, (good, bad) = world.run(GOOD, BAD)
    world.pinning.pin(DATASET, run_id, 1)
    found = DataReport(
        usable=True,
        files=(
            FileReport(arrival_id=good.arrival_id, source=uri(good), rows=5, accepted=4, rejected=1),
            FileReport(arrival_id=bad.arrival_id, source=uri(bad), rows=5, accepted=0, rejected=5, refused=True),
        ),
        rejections=(Rejection(file=uri(bad), rule="header", reason="the header lacks 'CustomerID'"),),
        rows=4,
    )
    world.files.write(RunLayout(DATASET, run_id).report, found)
    return {"dataset": DATASET, "run_id": run_id}, good, bad


def uri(arrival: Arrival) -> str:
    return f"s3://{BUCKET}/{arrival.key}"


def decided(world: World, run: dict[str, str], outcome: Outcome = Outcome.FIRST) -> None:
    verdict = Verdict(outcome=outcome, promote=outcome is Outcome.FIRST, reasons=("mae 18.9 against 26.",))
    world.files.write(RunLayout(**run).verdict, verdict)


def files_are_settled(world: World, run_id: str, good: Arrival, bad: Arrival) -> None:
    done, refused = world.state(good.arrival_id), world.state(bad.arrival_id)
    assert (done["state"], done["run_id"]) == (ArrivalState.DONE, run_id)
    assert done["accepted_key"] == f"accepted/{DATASET}/{run_id}/{good.arrival_id}.parquet"
    assert refused["state"] == ArrivalState.QUARANTINED
    assert refused["reason"] == f"{uri(bad)}: the header lacks 'CustomerID'"
    assert world.aws.text(f"quarantine/{DATASET}/{run_id}/{bad.arrival_id}/bad.csv") == f"rows of {BAD}"


def test_a_run_that_went_all_the_way_settles_its_files_and_tells_once(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival]
) -> None:
    named, good, bad = run
    decided(world, named)
    published = Published(generation=named["run_id"], rows=4372, champion=named["run_id"])
    world.runs.note(named["run_id"], published=published.model_dump())
    complete = function("complete_run")
    for _ in range(2):
        complete(named)
    files_are_settled(world, named["run_id"], good, bad)
    record = world.runs.get(named["run_id"])
    assert record
    assert record["status"] == "SUCCEEDED"
    assert record["ended_at"]
    (notice,) = world.aws.notices()
    assert (notice["notification_id"], notice["kind"]) == (named["run_id"], "SUCCEEDED")
    assert notice["body"] == record["notice"]
    assert "first champion" in notice["body"]
    assert "4,372 predictions" in notice["body"]
    assert f"s3://{BUCKET}/{RunLayout(**named).report_page}" in notice["body"]
    assert f"s3://{BUCKET}/{RunLayout(**named).model_report}" in notice["body"]
    assert f"evergreen report {named['run_id']}" in notice["body"]


def test_a_first_challenger_that_failed_the_gate_leaves_no_champion_to_be_kept(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival]
) -> None:
    decided(world, run[0], Outcome.KEEP)
    function("complete_run")(run[0])
    assert "still no champion" in world.aws.notices()[0]["body"]


def test_a_snapshot_that_a_newer_one_replaced_is_superseded_and_no_part_of_the_history(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival]
) -> None:
    named, newest, old = run
    files = [
        FileReport(arrival_id=each.arrival_id, source=uri(each), rows=5, accepted=5, rejected=0, superseded=each is old)
        for each in (newest, old)
    ]
    report = DataReport(usable=True, files=tuple(files), rejections=(), rows=5)
    world.files.write(RunLayout(**named).report, report)
    decided(world, named)
    function("complete_run")(named)
    assert world.state(old.arrival_id)["state"] == ArrivalState.SUPERSEDED
    (kept,) = world.ledger.accepted_keys(DATASET)
    assert newest.arrival_id in kept
    assert f"{uri(old)}: 5 rows, superseded by a newer snapshot" in world.aws.notices()[0]["body"]


def test_an_alarm_that_asked_for_the_run_is_settled_with_it(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival]
) -> None:
    named, good, _ = run
    alarm = good.model_copy(update={"arrival_id": "alarm", "kind": "alarm"})
    world.ledger.record(alarm)
    world.runs.note(named["run_id"], arrival_ids=["alarm"])
    decided(world, named)
    function("complete_run")(named)
    assert world.state("alarm")["state"] == ArrivalState.DONE


def test_rejected_data_is_quarantined_and_told_with_what_would_be_right(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival]
) -> None:
    named, good, bad = run
    reject = function("reject_data")
    for _ in range(2):
        reject({**named, "reason": "4 rows are too few."})
    files_are_settled(world, named["run_id"], good, bad)
    record = world.runs.get(named["run_id"])
    assert record
    assert (record["status"], record["reason"]) == ("DATA_REJECTED", "4 rows are too few.")
    (notice,) = world.aws.notices()
    assert notice["kind"] == "DATA_REJECTED"
    assert f"{uri(bad)}: the header lacks 'CustomerID'" in notice["body"]


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (json.dumps({"TrainingJobName": "t-00", "FailureReason": "AlgorithmError: no rows"}), "t-00: AlgorithmError"),
        ("The state timed out", "States.TaskFailed: The state timed out"),
    ],
)
def test_a_failed_run_holds_its_files_and_tells_the_cause_once(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival], cause: str, told: str
) -> None:
    named, good, bad = run
    event: dict[str, Any] = {**named, "error": {"Error": "States.TaskFailed", "Cause": cause}}
    fail = function("fail_run")
    answers = [fail(event), fail(event)]
    assert told in answers[0]["cause"]
    assert [world.state(each.arrival_id)["state"] for each in (good, bad)] == [ArrivalState.HELD] * 2
    record = world.runs.get(named["run_id"])
    assert record
    assert record["status"] == "FAILED"
    (notice,) = world.aws.notices()
    assert told in notice["body"]
    assert notice["kind"] == "FAILED"


def test_what_was_settled_before_the_failure_stays_settled(
    world: World, function: Function, run: tuple[dict[str, str], Arrival, Arrival]
) -> None:
    named, good, bad = run
    world.ledger.settle(DATASET, good.arrival_id, ArrivalState.DONE, named["run_id"])
    function("fail_run")({**named, "error": {"Error": "States.Timeout"}})
    assert world.state(good.arrival_id)["state"] == ArrivalState.DONE
    assert world.state(bad.arrival_id)["state"] == ArrivalState.HELD
