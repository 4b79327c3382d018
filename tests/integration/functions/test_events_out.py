"""What is told on the event bus: every event by its schema, at least once, whatever fails on the way."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import jsonschema
import pytest

from evergreen.evaluation import Comparison, Evaluation
from evergreen.event_schemas import FOLDER, schema_file
from evergreen.events_out import EVENTS
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from evergreen.stores.registry import Change
from evergreen.verdict import Outcome, Verdict
from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, EVENT_BUS, answers

Function = Callable[[str], Handler]
Heard = Callable[[], list[dict[str, Any]]]
SCHEMAS = {event.__name__: json.loads((FOLDER / schema_file(event)).read_text()) for event in EVENTS}


@pytest.fixture
def heard(world: World) -> Heard:
    """Listens as anybody may: a rule on the bus, a queue behind it; each event is checked against its schema."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventBusName=EVENT_BUS, EventPattern=json.dumps({"source": ["evergreen"]}))
    events.put_targets(Rule="all", EventBusName=EVENT_BUS, Targets=[{"Id": "listener", "Arn": arn}])

    def new() -> list[dict[str, Any]]:
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        for each in found:
            jsonschema.validate(each["detail"], SCHEMAS[each["detail-type"]])
        return found

    return new


@pytest.fixture
def run(world: World) -> dict[str, str]:
    """A run that is judged."""
    return begin(world, "a.csv", 1)


def begin(world: World, name: str, fence: int) -> dict[str, str]:
    run_id, _ = world.run(f"incoming/{DATASET}/{name}")
    world.pinning.pin(DATASET, run_id, fence)
    better = {"improvement": 7.0, "relative": 0.27, "low": 6.0, "high": 8.0, "confidence": 0.95, "resamples": 2000}
    evaluation = Evaluation(
        metric="mae",
        rows=900,
        judged_rows=600,
        task="time_to_event",
        challenger={"mae": 18.9},
        baseline={"mae": 26.0},
        against_baseline=Comparison(against="baseline", **better),
    )
    world.files.write(RunLayout(DATASET, run_id).evaluation_file, evaluation)
    world.runs.note(run_id, verdict={"outcome": "FIRST", "promote": True, "reasons": ["better"]})
    return {"dataset": DATASET, "run_id": run_id}


def promotion(run: dict[str, str], fence: int = 1) -> dict[str, Any]:
    uri = f"s3://{BUCKET}/{RunLayout(**run).models}/x/output/model.tar.gz"
    return {**run, "fence": fence, "model_uri": uri, "reasons": ["better"]}


def publish(world: World, run: dict[str, str], fence: int = 1) -> None:
    seen = world.registry.published(DATASET)
    change = Change(DATASET, run["run_id"], fence, seen["run_id"] if seen else None, datetime.now(UTC))
    world.registry.publish(change, {"rows": 3, "champion": run["run_id"], "as_of": "2011-12-09"})


def test_a_promotion_is_told_of_with_data_set_run_champion_and_reasons(
    function: Function, run: dict[str, str], heard: Heard
) -> None:
    function("promote_challenger")(promotion(run))
    (event,) = heard()
    detail = event["detail"]
    assert (event["source"], event["detail-type"], detail["cause"]) == ("evergreen", "ChampionPromoted", "verdict")
    assert (detail["dataset"], detail["champion"], detail["replaced"]) == (DATASET, run["run_id"], None)
    assert (detail["version"], detail["reasons"], detail["generation"]) == ("1", ["better"], None)


def test_what_the_bus_does_not_take_fails_nobody_and_is_told_later_in_order_with_the_same_id(
    world: World, function: Function, run: dict[str, str], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote = function("promote_challenger")
    bus = boto3.client("events")
    answers(bus, "PutEvents", code="InternalException", status=500)
    monkeypatch.setattr("functions.promote_challenger.handler.announcements._bus._client", bus)
    promote(promotion(run))
    champion = world.registry.champion(DATASET)
    assert champion
    assert champion["run_id"] == run["run_id"]
    assert heard() == []
    (waiting,) = world.announcements.open(DATASET)
    publish(world, run)
    assert world.announcements.tell(DATASET) is None
    told = heard()
    assert [each["detail-type"] for each in told] == ["ChampionPromoted", "PredictionsPublished"]
    assert told[0]["detail"] == waiting.detail()
    assert world.announcements.open(DATASET) == []
    assert world.announcements.tell(DATASET) is None
    assert heard() == []


def test_who_died_between_the_change_and_the_telling_is_made_up_for(
    world: World, run: dict[str, str], function: Function, heard: Heard
) -> None:
    publish(world, run)  # and no more
    function("fail_run")({**run, "error": {"Error": "TrainingFailed", "Cause": "{}"}})
    told = heard()
    assert [each["detail-type"] for each in told] == ["PredictionsPublished", "RunFailed"]
    assert told[0]["detail"]["generation"] == told[1]["detail"]["generation"] == run["run_id"]


def test_a_kept_champion_is_told_of_with_why(
    world: World, function: Function, run: dict[str, str], heard: Heard
) -> None:
    function("promote_challenger")(promotion(run))
    publish(world, run)
    world.leases.release(DATASET, run["run_id"])
    later = begin(world, "b.csv", 2)
    worse = "mae 20.10 against 18.90 of the champion: worse by 1.20."
    verdict = Verdict(outcome=Outcome.KEEP, promote=False, reasons=(worse,))
    world.files.write(RunLayout(**later).verdict, verdict)
    heard()
    function("keep_champion")(later)
    told = {each["detail-type"]: each["detail"] for each in heard()}
    kept = told["ChampionKept"]
    assert (kept["run_id"], kept["champion"], kept["generation"]) == (later["run_id"], run["run_id"], run["run_id"])
    assert kept["reason"].startswith(worse)
    assert "scores today's rows" in kept["reason"]


def test_rejected_data_is_told_of_with_the_reason(
    world: World, function: Function, run: dict[str, str], heard: Heard
) -> None:
    found = DataReport(usable=False, files=(), rejections=(), rows=0)
    world.files.write(RunLayout(**run).report, found)
    reject = function("reject_data")
    reject({**run, "reason": "no row can be used"})
    (event,) = heard()
    assert (event["detail-type"], event["detail"]["reason"]) == ("DataRejected", "no row can be used")
    reject({**run, "reason": "no row can be used"})
    assert {each["detail"]["event_id"] for each in heard()} <= {event["detail"]["event_id"]}
