"""What PinInputs lets a run see of recent items, and how CompleteRun takes their outcomes into the history."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evergreen.arrivals import Arrival
from evergreen.contract import Contract
from evergreen.contracts import Contracts
from evergreen.layout import RunLayout
from evergreen.manifest import CollectedReport, DataReport, FileReport, Rejection, RunManifest
from evergreen.notices import of_recent_items
from evergreen.observed_yield import Yield
from evergreen.stores.arrivals import ArrivalState
from evergreen.stores.endings import Endings
from evergreen.stores.registry import Change
from evergreen.teachers import TeachersReport
from tests.integration.functions.world import World
from tests.integration.stores.aws import BUCKET

LINE = "line_yield"
ITEMS = f"observed/{LINE}/items"


@pytest.fixture
def line(world: World) -> World:
    """The line has a champion since two days ago, and its contract has teachers."""
    folder = world.contracts[LINE]
    said = folder.contract.model_dump(by_alias=True, exclude_none=True)
    contract = Contract.model_validate({**said, "teachers": {"days": 7}})
    world.contracts = Contracts({LINE: folder.model_copy(update={"contract": contract})})
    lease = world.leases.take(LINE, ["first"], datetime.now(UTC))
    assert lease
    at = datetime.now(UTC) - timedelta(days=2)
    model = {"model_key": f"runs/{LINE}/{lease.run_id}/model.tar.gz", "model_uri": "s3://m"}
    world.registry.promote(Change(LINE, lease.run_id, lease.fence, None, at), model, ("first",))
    world.leases.release(LINE, lease.run_id)
    return world


def run_of(world: World, kind: str) -> str:
    arrival = Arrival.model_validate(
        {
            "arrival_id": f"{kind}{datetime.now(UTC):%f}",
            "dataset": LINE,
            "kind": kind,
            "cause": "said the test",
            "at": "x",
        }
    )
    world.ledger.record(arrival)
    lease = world.leases.take(LINE, [arrival.arrival_id], datetime.now(UTC))
    assert lease
    started = datetime.now(UTC).isoformat()
    world.runs.create(lease.run_id, status="RUNNING", arrival_ids=[arrival.arrival_id], started_at=started)
    return lease.run_id


def pinned(world: World, kind: str) -> tuple[dict[str, Any], RunManifest]:
    run_id = run_of(world, kind)
    answer = world.pinning.pin(LINE, run_id, 2)
    world.leases.release(LINE, run_id)
    return answer, world.files.read(RunLayout(LINE, run_id).manifest, RunManifest)


def day(ago: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=ago):%Y-%m-%d}"


def test_a_run_that_an_alarm_asks_for_sees_the_items_of_as_many_days_as_the_contract_says(line: World) -> None:
    for ago in (0, 6, 9):
        line.aws.put(f"{ITEMS}/{day(ago)}/log.parquet", "rows")
    answer, manifest = pinned(line, "alarm")
    assert answer["collects"] is True
    assert manifest.asked_by == ("alarm",)
    assert manifest.collection
    assert manifest.collection.items == (f"{ITEMS}/{day(6)}/log.parquet", f"{ITEMS}/{day(0)}/log.parquet")
    since = datetime.fromisoformat(manifest.collection.since).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - timedelta(days=2) - since) < timedelta(minutes=5)
    layout = RunLayout(LINE, manifest.run_id)
    read = {name: json.loads(line.aws.text(getattr(layout, name)))[1:] for name in ("collect_inputs", "prepare_inputs")}
    assert {*manifest.collection.items, layout.manifest} <= set(read["collect_inputs"])
    assert {layout.outcomes, layout.samples} <= set(read["prepare_inputs"])


def test_any_other_run_sees_none_of_them(line: World) -> None:
    line.aws.put(f"{ITEMS}/{day(0)}/log.parquet", "rows")
    answer, manifest = pinned(line, "manual")
    assert (answer["collects"], manifest.collection) == (False, None)


def completed(world: World, manifest: RunManifest, endings: Endings) -> str:
    """The run's outcomes, accepted and settled as CompleteRun does; gives their accepted key."""
    assert manifest.collection
    outcomes = manifest.collection.outcomes
    key = f"{RunLayout(LINE, manifest.run_id).accepted}/{outcomes.arrival_id}.parquet"
    known = {"arrival_id": outcomes.arrival_id, "source": outcomes.source, "accepted_key": key}
    file = FileReport(**known, rows=5, accepted=4, rejected=1)
    collected = CollectedReport(since=manifest.collection.since, outcomes=file, holdout="judged by 9 items")
    report = DataReport(usable=True, files=(), rejections=(), rows=9, collected=collected)
    for _ in range(2):
        endings.keep_outcomes(manifest.run_id, report, manifest.collection, BUCKET)
    return key


@pytest.fixture
def endings(line: World) -> Endings:
    return line.dispatcher.endings


def test_outcomes_join_the_history_and_the_next_ones_take_their_place(line: World, endings: Endings) -> None:
    _, first = pinned(line, "alarm")
    key = completed(line, first, endings)
    _, later = pinned(line, "manual")
    assert later.history == (key,)
    _, second = pinned(line, "alarm")
    assert second.collection
    assert (second.earlier_outcomes, second.collection.earlier) == (key, RunLayout(LINE, first.run_id).outcomes)
    newer = completed(line, second, endings)
    assert pinned(line, "manual")[1].history == (newer,)
    entries = [each for each in line.ledger.entries(LINE) if each.arrival.kind == "outcomes"]
    assert [each.state for each in entries] == [ArrivalState.DONE, ArrivalState.DONE]
    assert "collected 4 items of inference logs" in entries[0].arrival.cause
    assert line.ledger.waiting(LINE)  # what asked for the runs; what they collected asks for none
    assert all(each.kind != "outcomes" for each in line.ledger.waiting(LINE))


def test_a_notice_says_what_judged_and_what_the_teachers_said() -> None:
    collected = CollectedReport(since="x", holdout="judged by 205 items observed since 2026-11-20 00:00")
    report = DataReport(usable=True, files=(), rejections=(), rows=9, collected=collected)
    told = {"samples": 900, "agreed": 720, "labelled": 0, "weight": 0.5, "min_agreement": 0.8, "audit_rows": 90}
    teachers = TeachersReport(**told, audited=50, precision=0.6, classes={}, reason="none is learned from: 80% needed")
    assert of_recent_items(report, teachers) == [
        "Recent items: 0 with their outcome joined the rows; judged by 205 items observed since 2026-11-20 00:00.",
        "Teachers: the teachers agree on 720 of 900 samples (80%), right in 60.0% of 50 audited items; "
        "none is learned from: 80% needed.",
    ]
    assert of_recent_items(report.model_copy(update={"collected": None}), None) == []


def test_a_notice_says_that_recent_items_were_refused_together_and_why() -> None:
    outcomes = FileReport(arrival_id="o", source="s3://b/o.parquet", rows=9, accepted=0, rejected=9, refused=True)
    why = Rejection(file="s3://b/o.parquet", rule="too_many_rejected", reason="9 of 9 rows are rejected")
    collected = CollectedReport(since="x", outcomes=outcomes, holdout="judged by the usual hold-out")
    report = DataReport(usable=True, files=(), rejections=(why,), rows=9, collected=collected)
    (line,) = of_recent_items(report, None)
    assert line == "Recent items: none joined the rows, they were refused together: 9 of 9 rows are rejected."


@pytest.mark.parametrize("stated", [None, Yield(threshold=0.5), Yield(threshold=0.5, log_scores=True)])
def test_a_run_logs_what_it_scores_where_the_contract_says_so(line: World, stated: Yield | None) -> None:
    folder = line.contracts[LINE]
    contract = folder.contract.model_copy(update={"observed_yield": stated})
    line.contracts = Contracts({LINE: folder.model_copy(update={"contract": contract})})
    answer, _ = pinned(line, "manual")
    assert answer["logs_scores"] is bool(stated and stated.log_scores)
