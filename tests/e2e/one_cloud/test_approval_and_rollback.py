"""A model's way into use and out of it, its endpoint with it: approved, rejected, rolled back. In order."""

import csv
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from evergreen.approval import status_of
from evergreen.cli.deployment import Deployment
from tests.e2e.checkout import Checkout
from tests.e2e.one_cloud.conftest import OneCloud

DATASET = "parcels"


@dataclass
class Shop:
    """Who drops parcels, decides and rolls back, by the command line alone; what takes time is watched in the tables,
    for the command line takes half a second of a core each time."""

    checkout: Checkout
    deployment: Deployment
    parcels: int = 0
    runs: list[str] = field(default_factory=list)

    def evergreen(self, *arguments: str, expect: int = 0) -> str:
        return self.checkout.evergreen(*arguments, expect=expect)

    def drop(self, rows: int, noise: float) -> str:
        """Drop new parcels, and return the run that they start once it waits for approval."""
        self._write(rows, noise)
        before = set(self.runs)
        boto3.client("s3").upload_file(
            str(self.checkout.root / "parcels.csv"), self.deployment.bucket, f"incoming/{DATASET}/{self.parcels}.csv"
        )
        runs = self.deployment.runs
        newest = wait(lambda: next((each for each in runs.of(DATASET) if each["run_id"] not in before), None))
        self.runs.append(newest["run_id"])
        return str(newest["run_id"])

    def status(self, run_id: str) -> str:
        return status_of(self.deployment.runs.get(run_id) or {})

    def history(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.evergreen("history", DATASET, "-o", "json"))["champions"]
        return found

    def read(self, parcel: str = "1") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.evergreen("predictions", DATASET, parcel, "-o", "json"))
        return found

    def answers(self) -> str:
        """Which champion the endpoint answers with."""
        answer = boto3.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="Evergreen-parcels", ContentType="text/csv", Body=b"100,2,3\n"
        )
        assert float(answer["Body"].read()) > 0
        return str(answer["InvokedProductionVariant"])

    def _write(self, rows: int, noise: float) -> None:
        chance = random.Random(self.parcels)
        with (self.checkout.root / "parcels.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["parcel", "distance", "weight", "stops", "hours"])
            for _ in range(rows):
                self.parcels += 1
                distance, weight, stops = chance.uniform(1, 900), chance.uniform(0.1, 30), chance.randint(0, 9)
                hours = distance / 60 + weight / 10 + stops * 2 + chance.gauss(0, noise)
                writer.writerow([self.parcels, f"{distance:.2f}", f"{weight:.2f}", stops, f"{hours:.3f}"])


def wait(seen: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := seen():
            return value
        time.sleep(0.1)
    pytest.fail(f"not seen within {seconds} s")


def awaiting(shop: Shop, run_id: str) -> None:
    wait(lambda: shop.status(run_id) != "RUNNING")
    said = json.loads(shop.evergreen("run", run_id, "-o", "json"))
    assert said["status"] == "AWAITING_APPROVAL", said


def succeeded(shop: Shop, run_id: str) -> dict[str, Any]:
    wait(lambda: shop.status(run_id) not in ("RUNNING", "AWAITING_APPROVAL"))
    deployment = shop.deployment
    record = deployment.runs.get(run_id)
    assert record
    assert record["status"] == "SUCCEEDED", record
    wait(lambda: deployment.leases.held(DATASET, datetime.now(UTC)) is None)
    return record


@pytest.fixture(scope="module")
def shop(one_cloud: OneCloud) -> Shop:
    return Shop(one_cloud.checkout, one_cloud.deployment)


def test_a_challenger_that_won_waits_for_a_person_and_everybody_can_see_it(shop: Shop) -> None:
    run_id = shop.drop(400, noise=6)
    awaiting(shop, run_id)
    assert "AWAITING_APPROVAL" in shop.evergreen("runs", DATASET)
    assert shop.deployment.registry.champion(DATASET) is None
    said = shop.evergreen("rollback", DATASET, "--reason", "too early", expect=1)
    assert f"evergreen reject {run_id}" in said


def test_an_approval_needs_a_reason_and_makes_the_challenger_champion(shop: Shop) -> None:
    (run_id,) = shop.runs
    assert "--reason" in shop.evergreen("approve", run_id, expect=2)
    shop.evergreen("approve", run_id, "--reason", "good enough to begin with")
    succeeded(shop, run_id)
    (tenure,) = shop.history()
    assert (tenure["run_id"], tenure["generation"], tenure["ended"]) == (run_id, run_id, "in use")
    assert "approved by arn:aws" in tenure["made_by"]
    assert "good enough to begin with" in tenure["why"][-1]
    assert shop.read()["model"] == run_id
    assert shop.answers() == run_id
    verified = shop.evergreen("verify", DATASET, "--rows", "50")
    assert "by the endpoint Evergreen-parcels" in verified
    assert "50 of 50 answers are the published batch predictions'." in verified


def test_a_decision_that_comes_twice_or_too_late_gets_a_clear_answer(shop: Shop) -> None:
    (run_id,) = shop.runs
    assert "Approved by arn:aws" in shop.evergreen("reject", run_id, "--reason", "no", expect=1)
    assert "has ended" in shop.evergreen("approve", run_id, "--reason", "again", expect=1)


def test_a_rejected_challenger_leaves_the_champion_in_use_which_scores_the_new_rows(shop: Shop) -> None:
    run_id = shop.drop(2000, noise=0.2)
    awaiting(shop, run_id)
    shop.evergreen("reject", run_id, "--reason", "the new depot is missing")
    record = succeeded(shop, run_id)
    assert "the challenger was rejected" in record["notice"]
    assert "the new depot is missing" in record["notice"]
    assert [each["run_id"] for each in shop.history()] == [shop.runs[0]]
    assert shop.history()[0]["generation"] == run_id, "the champion's predictions for the new rows"
    assert shop.read(str(shop.parcels))["model"] == shop.answers() == shop.runs[0]


def test_a_rollback_brings_champion_and_predictions_back_in_seconds(shop: Shop) -> None:
    run_id = shop.drop(200, noise=0.2)
    awaiting(shop, run_id)
    shop.evergreen("approve", run_id, "--reason", "better everywhere")
    record = succeeded(shop, run_id)
    assert f"The endpoint Evergreen-parcels answers with {run_id}. 20 of 20 answers" in record["notice"]
    assert shop.read()["model"] == shop.answers() == run_id
    began = time.monotonic()
    said = shop.evergreen("rollback", DATASET, "--reason", "hours are in minutes")
    found = shop.read()
    seconds = time.monotonic() - began
    print(f"\n{seconds:.2f} s from `evergreen rollback` to the old prediction, both commands from the start")
    assert (found["model"], found["generation"]) == (shop.runs[0], shop.runs[1]), "its newest generation"
    assert f"--to {run_id}" in said
    newest, rolled_back, first = shop.history()
    assert newest["made_by"].startswith("rollback by arn:aws")
    assert newest["ended"] == "in use"
    assert rolled_back["ended"].endswith("hours are in minutes")
    assert first["ended"] == f"replaced by {run_id}"
    assert seconds < 30
    assert "The endpoint Evergreen-parcels follows within minutes" in said
    wait(lambda: shop.answers() == shop.runs[0])


def test_rolling_back_further_than_the_first_champion_is_refused_with_the_way_forward(shop: Shop) -> None:
    said = shop.evergreen("rollback", DATASET, "--reason", "more", expect=1)
    assert f"--to {shop.runs[2]}" in said


def test_the_next_run_is_judged_against_the_champion_that_came_back(shop: Shop) -> None:
    run_id = shop.drop(200, noise=0.2)
    awaiting(shop, run_id)
    manifest = json.loads(
        boto3.client("s3")
        .get_object(Bucket=shop.deployment.bucket, Key=f"runs/{DATASET}/{run_id}/run.json")["Body"]
        .read()
    )
    assert manifest["champion"]["run_id"] == shop.runs[0]
    shop.evergreen("reject", run_id, "--reason", "not today")
    succeeded(shop, run_id)


def test_a_rollback_is_undone_by_naming_the_newer_run(shop: Shop) -> None:
    shop.evergreen("rollback", DATASET, "--to", shop.runs[2], "--reason", "it was right after all")
    found = shop.read()
    assert (found["model"], found["generation"]) == (shop.runs[2], shop.runs[2])
    wait(lambda: shop.answers() == shop.runs[2])
