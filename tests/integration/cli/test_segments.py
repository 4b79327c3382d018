"""`evergreen segments`: how far the CRM is, told as it is while the CRM is down."""

from dataclasses import replace

import boto3
import pytest

from evergreen.cli.deployment import Deployment
from evergreen.segment_updates import Hint
from tests.integration.cli.conftest import Desk
from tests.integration.functions.world import DATASET


@pytest.fixture
def followed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The deployment of the desk, with a CRM that follows."""
    dead = boto3.client("sqs").create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    deployment = replace(
        desk.deployment,
        segments_table="segments",
        segments_queue_url=desk.aws.segments_url,
        segments_dead_letters_url=dead,
    )
    monkeypatch.setattr(Deployment, "find", lambda: deployment)
    return deployment


def test_what_the_crm_was_not_told_yet_is_said(desk: Desk, followed: Deployment) -> None:
    followed.segments.compared(DATASET, "g1", 1, changed=2)
    assert _row(desk, "messages that wait for it") == "0"
    followed.segment_queue.send([Hint(dataset=DATASET, entities=("17850", "12347"))])
    assert _row(desk, "messages that wait for it") == "1"
    boto3.client("sqs").receive_message(QueueUrl=followed.segments_queue_url)  # it is tried, and the CRM is down
    assert _row(desk, "messages that wait for it") == "1"
    assert _row(desk, "messages given up, for evergreen redrive") == "0"


def _row(desk: Desk, name: str) -> str:
    (line,) = [each for each in desk.said("segments", DATASET).splitlines() if name in each]
    return line.split()[-1]
