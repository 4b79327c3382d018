import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from evergreen.errors import StoreUnavailable
from evergreen.requests import RunRequest
from evergreen.stores.requests import Requests
from tests.integration.stores.aws import Account, answers

ROOT = Path(__file__).resolve().parents[3]
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:retrain"


def requests(count: int) -> list[RunRequest]:
    return [RunRequest(dataset="d", request_id=str(number), kind="manual", reason="r") for number in range(count)]


@pytest.fixture
def bus(aws: Account) -> tuple[Requests, str]:
    """The requests of a deployment, and the queue to which its rule takes them."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="arrivals")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = (ROOT / "events" / "run-requested.pattern.json").read_text().replace("${StateMachineArn}", MACHINE)
    events.put_rule(Name="requests", EventPattern=pattern)
    events.put_targets(Rule="requests", Targets=[{"Id": "queue", "Arn": arn}])
    return Requests(events, MACHINE), url


def received(url: str) -> list[dict[str, Any]]:
    sqs, found = boto3.client("sqs"), list[dict[str, Any]]()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_requests_reach_the_queue_by_the_rule_however_many_they_are(bus: tuple[Requests, str]) -> None:
    bus[0].send(*requests(23))
    assert sorted(int(each["detail"]["request_id"]) for each in received(bus[1])) == list(range(23))


def test_requests_of_another_deployment_do_not(bus: tuple[Requests, str]) -> None:
    Requests(boto3.client("events"), MACHINE + "-of-others").send(*requests(1))
    assert received(bus[1]) == []


def test_no_request_is_no_call(bus: tuple[Requests, str]) -> None:
    bus[0].send()
    assert received(bus[1]) == []


def test_a_bus_out_of_reach_is_worth_another_try(aws: Account) -> None:
    client = boto3.client("events")
    answers(client, "PutEvents", code="InternalException", status=500)
    with pytest.raises(StoreUnavailable, match="request a run"):
        Requests(client, MACHINE).send(*requests(1))


def test_one_refused_entry_is_no_success(aws: Account) -> None:
    client = boto3.client("events")

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        entry = {"ErrorCode": "ThrottlingException", "ErrorMessage": "said the test"}
        parsed = {"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, entry]}
        return AWSResponse("https://aws.test", 200, HTTPHeaders(), None), parsed

    client.meta.events.register("before-call.eventbridge.PutEvents", refuse)
    with pytest.raises(StoreUnavailable, match="ThrottlingException"):
        Requests(client, MACHINE).send(*requests(2))
