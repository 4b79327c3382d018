import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud, start
from tests.integration.cloud.command import RunningCommand, start_command

Deploy = Callable[..., dict[str, Any]]
Up = Callable[..., RunningCommand]
Receive = Callable[[str, int], list[Any]]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = start()
    yield cloud
    cloud.close()


@pytest.fixture
def deploy(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Deploy]:
    """Creates or updates the stack of this test, returns it as described, and deletes it at the end."""
    name = request.node.name.replace("_", "-")[:100]
    cloudformation = cloud.client("cloudformation")
    created: list[str] = []

    def deploy(resources: dict[str, Any], **sections: Any) -> dict[str, Any]:
        template = json.dumps({"Resources": resources, **sections})
        change = cloudformation.update_stack if created else cloudformation.create_stack
        change(StackName=name, TemplateBody=template)
        created[:] = [name]
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]  # type: ignore[no-any-return]

    yield deploy
    if created:
        cloudformation.delete_stack(StackName=name)


@pytest.fixture
def receive(cloud: Cloud) -> Receive:
    """Takes the expected number of messages from a queue, waiting for them, and whatever else comes right after."""

    def receive(queue_url: str, count: int) -> list[Any]:
        sqs = cloud.client("sqs")
        bodies: list[Any] = []
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if enough := len(bodies) >= count:
                time.sleep(0.2)
            wait = 0 if enough else 1
            answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
            for message in answer.get("Messages", []):
                bodies.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            if enough:
                break
        return bodies

    return receive


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Starts `python -m local up` in the test's own directory; what still runs at the end is killed."""
    commands: list[RunningCommand] = []

    def up(*options: str) -> RunningCommand:
        commands.append(start_command(tmp_path, *options))
        return commands[-1]

    yield up
    for command in commands:
        command.process.kill()
        command.process.communicate()


def outputs_of(stack: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
