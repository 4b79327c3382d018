import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from evergreen.contracts import Contracts
from tests.integration.functions.world import World
from tests.integration.stores.aws import BUCKET, account

Handler = Callable[[dict[str, Any]], Any]


@dataclass
class Context:
    """What Lambda tells a function of its invocation."""

    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id: str = "52fdfc07-2182-154f-163f-5f0f9a621d72"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with account() as aws:
        yield World.of(aws)


@pytest.fixture
def function(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Handler]:
    """Starts a function as Lambda does: its environment set, its module new."""
    environment = {
        "DATA_BUCKET": BUCKET,
        "REGISTRY_TABLE": "registry",
        "PREDICTIONS_TABLE": "predictions",
        "NOTICES_TOPIC_ARN": world.aws.topic_arn,
        "STATE_MACHINE_ARN": world.machine_arn,
        "LEASE_HOURS": "7",
        "ARRIVALS_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:arrivals",
        "DEAD_LETTERS_ARN": "arn:aws:sqs:us-east-1:123456789012:dead-letters",
        "SCHEDULE_GROUP": "wakes",
        "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/scheduler",
        "POWERTOOLS_SERVICE_NAME": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Contracts, "deployed", lambda: world.contracts)  # as bundled beside the function

    def start(name: str) -> Handler:
        sys.modules.pop(f"functions.{name}.handler", None)
        module = importlib.import_module(f"functions.{name}.handler")
        return lambda event: module.handler(event, Context())

    return start
