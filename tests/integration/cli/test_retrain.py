"""`evergreen retrain` and `evergreen redrive`: what they ask for, and what they refuse to."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest

from evergreen.arrivals import Arrival
from evergreen.cli import retrain as retraining
from evergreen.cli.deployment import Deployment
from evergreen.stores.arrivals import MOST_FAILURES
from evergreen.stores.dead_letters import DeadLetters
from tests.integration.cli.conftest import Desk
from tests.integration.functions.test_dispatch_promotions_and_redrives import Sent
from tests.integration.functions.world import DATASET, ROOT
from tests.integration.stores.aws import answers


@pytest.fixture
def sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The requests that reach the bus."""
    client = desk.world.events
    kept = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name: client if name == "events" else kept(name))
    return Sent(desk.world)


@pytest.fixture
def dead(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """The dead-letter queue of the deployment, which has one more data set."""
    sqs = boto3.client("sqs")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "arrivals")]
    deployment = replace(desk.deployment, datasets=(DATASET, "line_yield"), dead_letters_url=urls[0], queue_url=urls[1])
    monkeypatch.setattr(Deployment, "find", lambda: deployment)
    return urls[0]


def test_a_request_says_who_asks_and_why_and_its_id_is_printed(desk: Desk, sent: Sent) -> None:
    said = desk.said("retrain", DATASET, DATASET, "--reason", " new prices ")
    (detail,) = sent.details
    assert (detail["dataset"], detail["kind"], detail["reason"]) == (DATASET, "manual", "new prices")
    assert detail["by"].startswith("arn:aws:sts::123456789012:")
    assert f"{DATASET}: requested as {detail['request_id']}" in said


def test_all_means_every_data_set_of_the_deployment(desk: Desk, sent: Sent, dead: str) -> None:
    desk.said("retrain", "--all", "--reason", "monthly")
    assert [each["dataset"] for each in sent.details] == [DATASET, "line_yield"]
    assert len({each["request_id"] for each in sent.details}) == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "name the data sets to retrain, or --all"),
        ((DATASET, "--all"), "name the data sets to retrain, or --all"),
        (("next_purchas",), "did you mean 'next_purchase'?"),
    ],
)
def test_without_one_clear_meaning_nothing_is_asked_for(
    desk: Desk, sent: Sent, given: tuple[str, ...], told: str
) -> None:
    assert told in desk.refused("retrain", *given, "--reason", "r")
    assert sent.details == []


def test_a_reason_is_needed(desk: Desk, sent: Sent) -> None:
    assert desk.evergreen("retrain", DATASET).exit_code == 2
    assert "--reason must say why" in desk.refused("retrain", DATASET, "--reason", " ")
    assert sent.details == []


def test_a_bus_that_takes_nothing_is_no_success(desk: Desk, sent: Sent) -> None:
    answers(desk.world.events, "PutEvents", code="InternalException", status=500)
    assert "request a run" in desk.refused("retrain", DATASET, "--reason", "r")


def test_whoever_watches_is_told_when_nobody_takes_the_request(
    desk: Desk, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining, "_TAKEN_WITHIN", 0)
    assert "nobody has taken the request" in desk.refused("retrain", DATASET, "--reason", "r", "--watch")


def arrival(desk: Desk, id_: str, failures: int) -> None:
    """An arrival that so many runs failed with."""
    found = Arrival(arrival_id=id_, dataset=DATASET, kind="object", cause=f"{id_} was dropped", at="2026-03-02T08:00Z")
    desk.deployment.ledger.record(found)
    for number in range(failures):
        desk.deployment.ledger.hold(DATASET, id_, f"run-{number}", "no memory")


def test_what_failed_runs_left_is_shown_and_asked_for_in_one_request(desk: Desk, sent: Sent, dead: str) -> None:
    arrival(desk, "held", 1)
    arrival(desk, "given-up", MOST_FAILURES)
    arrival(desk, "fresh", 0)
    would = desk.said("redrive", "--dry-run")
    assert sent.details == []
    said = desk.said("redrive")
    for told in (would, said):
        assert "held was dropped (HELD, 1 run failed with it)" in told
        assert f"given-up was dropped (QUARANTINED, {MOST_FAILURES} runs failed with it)" in told
        assert "fresh" not in told
        assert "line_yield: no failed run has left anything." in told
        assert "No dead letters." in told
    (detail,) = sent.details
    assert (detail["dataset"], detail["kind"]) == (DATASET, "redrive")
    assert detail["reason"] == "2 arrivals of failed runs are tried again"


def test_what_the_run_in_progress_has_taken_again_is_left_to_it(desk: Desk, sent: Sent, dead: str) -> None:
    arrival(desk, "held", 1)
    desk.deployment.runs.create("next-purchase-00009-3f2a9c81", status="RUNNING", arrival_ids=["held"])
    assert f"{DATASET}: no failed run has left anything." in desk.said("redrive", DATASET)
    assert sent.details == []


def test_dead_letters_are_told_in_words_and_nothing_is_moved_by_a_dry_run(desk: Desk, sent: Sent, dead: str) -> None:
    sample = json.loads((ROOT / "events" / "object-dropped.sample.json").read_text())
    for body in (json.dumps(sample), "[red]no json[/red]"):
        boto3.client("sqs").send_message(QueueUrl=dead, MessageBody=body)
    said = desk.said("redrive", "--dry-run")
    assert "next_purchase: s3://evergreen-data/incoming/next_purchase/2026-03-01.csv was dropped" in said
    assert "[red]no json[/red]; it is no JSON" in said
    assert "1 of them nobody can read" in said
    assert _waiting(dead) == 2


def test_inference_logs_that_could_not_be_measured_go_back_to_their_queue(
    desk: Desk, sent: Sent, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = boto3.client("sqs")
    letters, queue = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("unmeasured", "inference"))
    deployment = replace(Deployment.find(), inference_dead_letters_url=letters, inference_queue_url=queue)
    monkeypatch.setattr(Deployment, "find", lambda: deployment)
    sqs.send_message(QueueUrl=letters, MessageBody="{}")
    assert "Inference logs: 1 that could not be measured." in desk.said("redrive", "--dry-run")
    assert (_waiting(letters), _waiting(queue)) == (1, 0)
    moved = []
    monkeypatch.setattr(DeadLetters, "replay", lambda self: moved.append((self.url, self.queue_url)) or 1)
    assert "1 of them are measured again." in desk.said("redrive")
    assert moved == [(letters, queue)]


def test_a_stack_that_names_no_dead_letters_is_told_to_be_deployed_anew(desk: Desk, sent: Sent) -> None:
    assert "make deploy" in desk.refused("redrive")


def _waiting(url: str) -> int:
    name = "ApproximateNumberOfMessages"
    found: Any = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])
