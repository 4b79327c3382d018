"""One laptop cloud for the whole loop, as `evergreen demo` starts it: a process of its own, with the app in it."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_app.synth import synthesize
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud

ROOT = Path(__file__).parents[2]
DATASET = "next_purchase"


@dataclass
class Loop:
    """What a user does to the deployment, and what they see of it."""

    deployment: Deployment
    notices_queue: str
    notices: list[dict[str, Any]] = field(default_factory=list)

    def put(self, key: str, body: bytes) -> None:
        boto3.client("s3").put_object(Bucket=self.deployment.bucket, Key=key, Body=body)

    def drop(self, name: str, body: bytes) -> dict[str, Any]:
        """Upload a file and return the record of the run that it started, once that has ended."""
        before = self.newest()
        self.put(f"incoming/{DATASET}/{name}", body)
        return self.next_run(after=before)

    def newest(self) -> str:
        return next((run["run_id"] for run in self.deployment.runs.of(DATASET)), "")

    def next_run(self, after: str, timeout: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            newer = [run for run in self.deployment.runs.of(DATASET) if run["run_id"] > after]
            if newer and newer[-1]["status"] != "RUNNING" and not self.running(newer[-1]["run_id"]):
                return newer[-1]
            time.sleep(0.2)
        pytest.fail(f"no run ended within {timeout} s: {self.deployment.runs.of(DATASET)[:1]}")

    def running(self, run_id: str) -> bool:
        arn = self.deployment.execution_arn(run_id)
        return bool(boto3.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING")

    def told(self, notification_id: str, timeout: float = 10) -> list[str]:
        """The text of every notice with this id that subscribers got."""
        sqs, deadline = boto3.client("sqs"), time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = sqs.receive_message(QueueUrl=self.notices_queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in found.get("Messages", []):
                self.notices.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.notices_queue, ReceiptHandle=message["ReceiptHandle"])
            matching = [each["Message"] for each in self.notices if _id(each) == notification_id]
            if matching and not found.get("Messages"):
                return matching
            time.sleep(0.1)
        return []

    def champion(self) -> dict[str, Any] | None:
        return self.deployment.registry.champion(DATASET)

    def published(self) -> dict[str, Any] | None:
        return self.deployment.registry.published(DATASET)

    def keys(self, prefix: str) -> list[str]:
        listed = boto3.client("s3").list_objects_v2(Bucket=self.deployment.bucket, Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]


def _id(notice: dict[str, Any]) -> str:
    return str(notice["MessageAttributes"]["notification_id"]["Value"])


@pytest.fixture(scope="module")  # it points boto3 at its cloud, which must not outlive this story
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    folder = tmp_path_factory.mktemp("cloud")
    before = dict(os.environ)
    synthesize(ROOT)
    with laptop_cloud(ROOT, folder / "state", folder / "cloud.log") as said:
        sqs, sns = boto3.client("sqs"), boto3.client("sns")
        queue = sqs.create_queue(QueueName="people")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=said["outputs"]["Evergreen"]["NoticesTopicArn"], Protocol="sqs", Endpoint=arn)
        yield Loop(Deployment.find(), queue)
    os.environ.clear()
    os.environ.update(before)
