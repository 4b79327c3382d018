"""A run that was in progress when the laptop cloud ended starts anew; one that is over does not."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from evergreen.stores.leases import Leases
from local.unfinished import resume
from tests.integration.stores.aws import Account, account

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Retrain"


@pytest.fixture
def aws() -> Any:
    with account() as found:
        yield found


def resumed(aws: Account, started: list[Any]) -> list[str]:
    workflows = SimpleNamespace(start_execution=lambda **asked: started.append(asked))
    clients = {"stepfunctions": workflows, "dynamodb": boto3.client("dynamodb")}
    outputs = {"StateMachineArn": MACHINE, "RegistryTable": aws.registry.name}
    return resume(SimpleNamespace(client=clients.__getitem__), outputs)  # type: ignore[arg-type]


def test_only_the_run_that_holds_a_lease_starts_anew_under_its_own_name_and_fence(aws: Account) -> None:
    leases, now = Leases(aws.registry, timedelta(hours=7)), datetime.now(UTC)
    over, running = leases.take("orders", ["a1"], now), leases.take("machines", ["a2"], now)
    assert over
    assert running
    leases.release("orders", over.run_id)
    started: list[Any] = []
    assert resumed(aws, started) == [running.run_id]
    assert [(each["name"], each["stateMachineArn"]) for each in started] == [(running.run_id, MACHINE)]
    assert f'"fence": {running.fence}' in started[0]["input"]


def test_a_stack_without_a_workflow_has_no_runs() -> None:
    assert resume(SimpleNamespace(), {"Bucket": "b"}) == []  # type: ignore[arg-type]
