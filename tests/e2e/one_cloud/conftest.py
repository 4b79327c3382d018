"""One checkout and one laptop cloud for stories of different data sets, which do not meet."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest

from cdk_app.synth import synthesize
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud
from tests.e2e.checkout import Checkout

FAILING = ("doors", "pumps", "valves")  # `valves` follows `pumps`
PARCELS = """
id: parcels
description: How many hours a parcel takes.
entity: parcel
task: regression
input:
  arrives: append
  key: [parcel]
  columns:
    parcel: {type: integer, required: true, unique: true}
    distance: {type: number, required: true}
    weight: {type: number, required: true}
    stops: {type: number, required: true}
    hours: {type: number}
target: {column: hours}
split: {by: random, holdout_share: 0.2, validation_share: 0.2}
gate: {metric: mae, min_improvement: 0.01, approval: manual, approval_hours: 1}
endpoint: {}
"""
MACHINES = """\
id: {id}
task: regression
entity: machine
input:
  columns: {{machine: {{type: integer}}, speed: {{type: number}}, wear: {{type: number}}}}
  arrives: append
  key: [machine]
target: {{column: wear}}
split: {{by: random}}
{more}
"""
OF_MACHINES = {"wear": "runs: {quiet_period: 8s}", "hourly": "schedule: {rate: 60m}"}


@dataclass
class OneCloud:
    """The checkout, and the deployment in its laptop cloud."""

    checkout: Checkout
    deployment: Deployment
    outputs: dict[str, str]
    notices_url: str


@pytest.fixture(scope="package")
def one_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneCloud]:
    """It points boto3 at its cloud until the last of these stories is over."""
    checkout = Checkout.at(tmp_path_factory.mktemp("checkout"))
    for seed, name in enumerate(FAILING):
        checkout.write(f"{name}.csv", *_parts(seed))
        checkout.evergreen("init", f"{name}.csv", "--target", "fails", "--entity", "part", "--id", name)
        contract = checkout.root / "datasets" / name / "dataset.yaml"
        follows = "retrain_after: [pumps]\n" if name == "valves" else ""
        contract.write_text(contract.read_text().replace("gate:\n", f"{follows}gate:\n  min_rows: 30\n", 1))
    _state(checkout, "parcels", PARCELS)
    for name, more in OF_MACHINES.items():
        _state(checkout, name, MACHINES.format(id=name, more=more))
    checkout.evergreen("contract", "check")
    before = dict(os.environ)
    synthesize(checkout.root)
    with laptop_cloud(checkout.root, checkout.root / "state", checkout.root / "cloud.log") as said:
        outputs, sqs = said["outputs"]["Evergreen"], boto3.client("sqs")
        url = sqs.create_queue(QueueName="people")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        boto3.client("sns").subscribe(TopicArn=outputs["NoticesTopicArn"], Protocol="sqs", Endpoint=arn)
        yield OneCloud(checkout, Deployment.find(), outputs, url)
    os.environ.clear()
    os.environ.update(before)


def _state(checkout: Checkout, name: str, contract: str) -> None:
    folder = checkout.root / "datasets" / name
    folder.mkdir()
    (folder / "dataset.yaml").write_text(contract)


def _parts(seed: int) -> tuple[list[str], list[list[object]]]:
    """Whether a part fails, as its load and its age say."""
    draw = random.Random(seed)
    table: list[list[object]] = []
    for number in range(400):
        load, age = draw.random(), draw.random()
        fails = load + age + draw.gauss(0, 0.2) > 1.2
        table.append([f"{seed}-{number}", f"{load:.3f}", f"{age:.3f}", "yes" if fails else "no"])
    return ["part", "load", "age", "fails"], table
