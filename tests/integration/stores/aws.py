"""An empty account with the things a deployment has, and what was said and written in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

from evergreen.stores.loader import QUICK, Loader
from local.item_answers import values_as_they_are

BUCKET = "evergreen-data"
EVENT_BUS = "Evergreen-events"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Account:
    registry: Any
    predictions: Any
    s3: Any
    topic_arn: str
    notices_url: str
    segments: Any
    segments_url: str

    @property
    def loader(self) -> Loader:
        return Loader(boto3.client("dynamodb", config=QUICK), "predictions")

    def put(self, key: str, text: str = "a,b\n1,2\n") -> str:
        """Drop an object and return its version id."""
        return str(self.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())["VersionId"])

    def text(self, key: str) -> str:
        return str(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())

    def keys(self, prefix: str = "") -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def notices(self) -> list[dict[str, Any]]:
        """Every notice so far that was not asked for before, as a subscriber without e-mail sees it."""
        messages: list[dict[str, Any]] = []
        sqs = boto3.client("sqs")
        while True:
            answer = sqs.receive_message(
                QueueUrl=self.notices_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            if "Messages" not in answer:
                return messages
            for message in answer["Messages"]:
                attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
                messages.append({"body": message["Body"], **attributes})
                sqs.delete_message(QueueUrl=self.notices_url, ReceiptHandle=message["ReceiptHandle"])


@contextmanager
def account() -> Iterator[Account]:
    """moto, in this process, for as long as the block lasts."""
    stock = BaseJSONSerializer._serialize_type_structure
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseJSONSerializer, "_serialize_type_structure", values_as_they_are(stock))
        boto3.DEFAULT_SESSION = _session()
        s3, sns, sqs = boto3.client("s3"), boto3.client("sns"), boto3.client("sqs")
        s3.create_bucket(Bucket=BUCKET)
        boto3.client("events").create_event_bus(Name=EVENT_BUS)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        topic = sns.create_topic(Name="notices")["TopicArn"]
        queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
        hints = sqs.create_queue(QueueName="segments.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        yield Account(_table("registry"), _table("predictions"), s3, topic, queue, _table("segments"), hints)


@cache
def _session() -> boto3.Session:
    """One for all tests: reading botocore's service models anew for each of them is what would take long."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


def _table(name: str) -> Any:
    keys: dict[str, Literal["HASH", "RANGE"]] = {"pk": "HASH", "sk": "RANGE"}
    return boto3.resource("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )


def interrupt(client: Any, operation: str, before: Callable[[], None]) -> None:
    """Let something happen once, after the caller decided to call `operation` and before the call is sent."""
    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def once(**_: Any) -> None:
        client.meta.events.unregister(event, once)
        before()

    client.meta.events.register(event, once)


def answers(client: Any, operation: str, *, code: str, status: int = 400, times: int = 1) -> None:
    """Let AWS refuse the next calls of `operation` with an error, before anything is done."""
    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    left = [times]

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        left[0] -= 1
        if left[0] == 0:
            client.meta.events.unregister(event, refuse)
        parsed = {"Error": {"Code": code, "Message": "said the test"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse("https://aws.test", status, HTTPHeaders(), None), parsed

    client.meta.events.register(event, refuse)
