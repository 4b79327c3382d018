"""Quiet periods, batches and schedules on the laptop cloud, from the contract to the run. In order."""

import json
import random
import time
from typing import Any

import pytest

from evergreen.cli.deployment import Deployment
from tests.e2e.checkout import Checkout
from tests.e2e.one_cloud.conftest import OneCloud


@pytest.fixture(scope="module")
def cloud(one_cloud: OneCloud) -> Checkout:
    """The checkout with the files to drop."""
    for number in range(4):
        one_cloud.checkout.write(f"part{number}.csv", ["machine", "speed", "wear"], _rows(number))
    return one_cloud.checkout


def _rows(part: int) -> list[list[str]]:
    chance, rows = random.Random(part), []
    for row in range(120):
        speed = chance.uniform(1, 9)
        rows.append([str(part * 1000 + row), f"{speed:.3f}", f"{3 * speed + chance.gauss(0, 0.5):.3f}"])
    return rows


def said(cloud: Checkout, *command: str) -> Any:
    return json.loads(cloud.evergreen(*command, "-o", "json"))


def ended(cloud: Checkout, dataset: str, count: int, timeout: float = 90) -> list[dict[str, Any]]:
    """The runs of a data set, newest first, once there are so many and none is in progress."""
    deployment, deadline = Deployment.find(), time.monotonic() + timeout
    while time.monotonic() < deadline:
        runs = deployment.runs.of(dataset)  # the command line takes half a second of a core each time
        if len(runs) >= count and all(run["status"] != "RUNNING" for run in runs):
            return list(said(cloud, "runs", dataset))
        time.sleep(0.1)
    pytest.fail(f"{dataset}: {said(cloud, 'runs', dataset)}")


def test_a_schedule_asks_for_a_run_by_itself(cloud: Checkout) -> None:
    (run,) = ended(cloud, "hourly", 1)
    (cause,) = run["causes"]
    assert "asked for by its schedule (rate(60 minutes))" in cause
    (arrival,) = said(cloud, "arrivals", "hourly")
    assert (arrival["kind"], arrival["run_id"]) == ("schedule", run["run_id"])


def test_a_burst_of_files_makes_one_run_and_meanwhile_it_is_said_why_they_wait(cloud: Checkout) -> None:
    cloud.evergreen("drop", "wear", "part0.csv")
    cloud.evergreen("drop", "wear", "part1.csv")
    waiting = said(cloud, "arrivals", "wear")
    assert [each["state"] for each in waiting] == ["waiting", "waiting"]
    assert all("held back until" in each["why"] and "(quiet_period)" in each["why"] for each in waiting)
    (run,) = ended(cloud, "wear", 1)
    assert run["status"] == "SUCCEEDED"
    assert len(run["arrival_ids"]) == 2
    assert run["waited_for"]["rule"] == "quiet_period"
    assert {each["state"] for each in said(cloud, "arrivals", "wear")} == {"done"}
    assert "nothing new came for 8s (quiet_period)" in cloud.evergreen("run", run["run_id"])


def test_a_batch_makes_one_run_of_all_its_files(cloud: Checkout) -> None:
    told = cloud.evergreen("drop", "wear", "part2.csv", "part3.csv", "--batch", "late", "--watch")
    assert "Batch late of 2 files is complete" in told
    run = ended(cloud, "wear", 2)[0]
    assert run["status"] == "SUCCEEDED"
    assert len(run["arrival_ids"]) == 3
    assert sum("part" in cause for cause in run["causes"]) == 2
