"""A run that was in progress when the laptop cloud ended starts anew; one that is over does not."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from evergreen.arrivals import ExecutionEnded, Wake, arrival_of
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.runs import RunRecords
from local.unfinished import resume
from tests.integration.stores.aws import Account, account

DATASETS = frozenset({"orders", "machines"})


@pytest.fixture
def aws() -> Any:
    with account() as found:
        yield found


def resumed(aws: Account) -> tuple[list[str], list[Any]]:
    """The runs that are said to start anew, and what Dispatch finds in its queue."""
    url = boto3.client("sqs").create_queue(QueueName="arrivals")["QueueUrl"]
    outputs = {"ArrivalsQueueUrl": url, "RegistryTable": aws.registry.name}
    found = resume(SimpleNamespace(client=boto3.client), outputs)  # type: ignore[arg-type]
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return found, [arrival_of(json.loads(each["Body"]), DATASETS) for each in messages]


def held(aws: Account, dataset: str) -> Lease:
    lease = Leases(aws.registry, timedelta(hours=7)).take(dataset, ["a1"], datetime.now(UTC))
    assert lease
    return lease


def test_dispatch_is_woken_for_a_run_that_holds_a_lease_and_for_no_other(aws: Account) -> None:
    over, running = held(aws, "orders"), held(aws, "machines")
    RunRecords(aws.registry).create(running.run_id, status="RUNNING")
    Leases(aws.registry, timedelta(hours=7)).release("orders", over.run_id)
    names, (told,) = resumed(aws)
    assert names == [running.run_id]
    assert isinstance(told, Wake)
    assert told.dataset == "machines"


def test_a_run_that_had_told_how_it_ended_is_over(aws: Account) -> None:
    lease = held(aws, "orders")
    RunRecords(aws.registry).create(lease.run_id, status="FAILED")
    names, (told,) = resumed(aws)
    assert names == []
    assert isinstance(told, ExecutionEnded)
    assert told.run_id == lease.run_id


def test_a_stack_without_a_workflow_has_no_runs() -> None:
    assert resume(SimpleNamespace(), {"Bucket": "b"}) == []  # type: ignore[arg-type]
