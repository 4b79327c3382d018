"""Many data sets at once: requests, promotions that follow one another, and one that fails alone. In order."""

import json
import time
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from evergreen.cli.deployment import Deployment
from tests.e2e.checkout import Checkout
from tests.e2e.one_cloud.conftest import OneCloud


@dataclass
class Plant:
    """A deployment of three small data sets; `valves` follows `pumps`."""

    checkout: Checkout
    deployment: Deployment
    outputs: dict[str, str]
    notices_url: str

    def retrain_many(self, event: Any) -> list[dict[str, Any]]:
        sfn = boto3.client("stepfunctions")
        arn = sfn.start_execution(stateMachineArn=self.outputs["RetrainManyArn"], input=json.dumps(event))
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = sfn.describe_execution(executionArn=arn["executionArn"])
            if found["status"] != "RUNNING":
                assert found["status"] == "SUCCEEDED", found
                return list(json.loads(found["output"])["results"])
            time.sleep(0.1)
        pytest.fail("retrain_many did not end in time")

    def drop(self, dataset: str, body: bytes) -> None:
        key = f"incoming/{dataset}/rows.csv"
        boto3.client("s3").put_object(Bucket=self.deployment.bucket, Key=key, Body=body)

    def ended(self, dataset: str, count: int, timeout: float = 60) -> list[dict[str, Any]]:
        """The runs of a data set, newest first, once there are `count` of them and all have ended."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            runs = self.deployment.runs.of(dataset)
            if len(runs) >= count and all("ended_at" in run for run in runs):
                return runs
            time.sleep(0.1)
        pytest.fail(f"{dataset} has no {count} ended runs in time: {self.deployment.runs.of(dataset)}")

    def notices(self) -> list[dict[str, Any]]:
        """Every notice that was not asked for before."""
        sqs, told = boto3.client("sqs"), list[dict[str, Any]]()
        while messages := sqs.receive_message(QueueUrl=self.notices_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                told.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.notices_url, ReceiptHandle=message["ReceiptHandle"])
        return told


@pytest.fixture(scope="module")
def plant(one_cloud: OneCloud) -> Plant:
    return Plant(one_cloud.checkout, one_cloud.deployment, one_cloud.outputs, one_cloud.notices_url)


def test_a_new_champion_asks_for_a_run_of_what_follows_it_and_without_rows_that_is_refused_in_words(
    plant: Plant,
) -> None:
    plant.drop("pumps", (plant.checkout.root / "pumps.csv").read_bytes())
    (pumps,) = plant.ended("pumps", 1)
    assert pumps["verdict"]["promote"], pumps
    (valves,) = plant.ended("valves", 1)
    assert valves["causes"] == [
        f"asked for by the promotion of another data set ({pumps['run_id']}): pumps has a new champion"
    ]
    assert valves["status"] == "DATA_REJECTED"
    assert valves["reason"] == "No accepted rows, neither in this run nor before it."
    assert f"Why it ran: {valves['causes'][0]}" in valves["notice"]


def test_one_rubbish_file_fails_alone_and_one_summary_tells_of_all(plant: Plant) -> None:
    plant.notices()
    plant.drop("doors", b"PK\x03\x04" + bytes(200))
    asked = ["pumps", "doors", "windows", 5]
    found = plant.retrain_many({"itemList": asked, "reason": "monthly"})
    assert [each["dataset"] for each in found] == ["pumps", "doors", "windows", "5"]
    assert [each["status"] for each in found] == ["SUCCEEDED", "DATA_REJECTED", "REFUSED", "REFUSED"]
    assert "no data set 'windows'; there are: doors, hourly, parcels, pumps, valves, wear" in found[2]["reason"]
    assert found[0]["verdict"] in ("KEEP", "INCONCLUSIVE")
    told = [each for each in plant.notices() if each["MessageAttributes"]["kind"]["Value"] == "RUNS_SUMMARIZED"]
    assert len(told) == 1
    assert told[0]["Subject"] == "retrain_many: 1 of 4 runs succeeded"
    assert [line.split(":")[0] for line in told[0]["Message"].splitlines()[1:]] == [
        "- pumps",
        "- doors",
        "- windows",
        "- 5",
    ]


def test_a_person_retrains_without_a_new_file_and_the_run_says_who_asked_and_why(plant: Plant) -> None:
    said = plant.checkout.evergreen("retrain", "pumps", "--reason", "the floor was cleaned", "--watch")
    newest = plant.ended("pumps", 1)[0]
    assert "pumps: requested as " in said
    assert "Why it ran: asked for by hand (arn:aws:" in said
    assert newest["causes"][0].endswith("): the floor was cleaned")
    assert newest["status"] == "SUCCEEDED"
    assert "no data set 'pump'; did you mean 'pumps'?" in plant.checkout.evergreen(
        "retrain", "pump", "-r", "x", expect=1
    )


def test_a_stopped_run_is_redriven_and_a_dead_letter_replayed(plant: Plant) -> None:
    assert "No dead letters." in plant.checkout.evergreen("redrive", "--dry-run")
    before = plant.ended("valves", 1)
    plant.drop("valves", (plant.checkout.root / "valves.csv").read_bytes())
    running = _first(lambda: [each for each in plant.deployment.runs.of("valves") if "ended_at" not in each])
    boto3.client("stepfunctions").stop_execution(executionArn=plant.deployment.execution_arn(running["run_id"]))
    assert plant.ended("valves", len(before) + 1)[0]["status"] == "FAILED"
    boto3.client("sqs").send_message(QueueUrl=plant.outputs["DeadLettersQueueUrl"], MessageBody='{"detail-type": "?"}')
    would = plant.checkout.evergreen("redrive", "--dry-run")
    assert "cannot read an event of detail-type '?'" in would
    assert "1 of them nobody can read" in would
    assert "valves: left by failed runs:" in would
    assert "doors: no failed run has left anything." in would
    assert len(plant.deployment.runs.of("valves")) == len(before) + 1, "a dry run changes nothing"
    done = plant.checkout.evergreen("redrive")
    assert "1 replayed." in done
    newest = plant.ended("valves", len(before) + 2)[0]
    assert newest["status"] == "SUCCEEDED"
    assert any("valves/rows.csv was dropped" in cause for cause in newest["causes"])
    assert any("asked for by hand, with what failed runs gave up" in cause for cause in newest["causes"])
    assert "valves: no failed run has left anything." in plant.checkout.evergreen("redrive", "valves")


def _first(found: Any, timeout: float = 15) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if result := found():
            return dict(result[0])
        time.sleep(0.02)
    pytest.fail("it did not happen in time")
