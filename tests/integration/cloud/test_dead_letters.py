"""Dead letters looked at and replayed, as SQS does it and as the command line asks for it."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from evergreen.errors import StoreUnavailable
from evergreen.segment_updates import Hint
from evergreen.stores.dead_letters import DeadLetters
from evergreen.stores.segment_queue import SegmentQueue
from local.cloud import Cloud
from tests.integration.stores.aws import answers

Receive = Callable[[str, int], list[Any]]


@pytest.fixture
def queues(cloud: Cloud) -> DeadLetters:
    """A queue with its dead-letter queue."""
    sqs, name = cloud.client("sqs"), uuid.uuid4().hex[:8]
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    return DeadLetters(sqs, dead, url)


def send(queues: DeadLetters, *bodies: Any, **attributes: str) -> None:
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    for body in bodies:
        queues.client.send_message(QueueUrl=queues.url, MessageBody=json.dumps(body), MessageAttributes=told)  # type: ignore[arg-type]


def test_looking_takes_nothing_away(queues: DeadLetters) -> None:
    send(queues, *range(25))
    for _ in range(2):
        assert sorted(int(letter.body) for letter in queues.look()) == list(range(25))


def test_a_letter_that_eventbridge_could_not_deliver_says_why(queues: DeadLetters) -> None:
    send(queues, "a", ERROR_MESSAGE="no permission", ERROR_CODE="403")
    send(queues, "b")
    assert {letter.body: letter.undelivered for letter in queues.look()} == {'"a"': "no permission", '"b"': None}


def test_an_empty_queue_has_no_letters_and_a_replay_moves_none(queues: DeadLetters) -> None:
    assert queues.look() == []
    assert queues.replay() == 0


def test_a_replay_moves_every_letter_with_its_attributes(queues: DeadLetters, receive: Receive) -> None:
    send(queues, *range(23), ERROR_MESSAGE="no permission")
    assert queues.look()
    assert queues.replay() == 23
    assert queues.look() == []
    found: dict[str, str] = {}
    while len(found) < 23:
        answer = queues.client.receive_message(
            QueueUrl=queues.queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
        )
        assert answer.get("Messages"), found
        for message in answer["Messages"]:
            found[message["Body"]] = message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert set(found) == {str(number) for number in range(23)}
    assert set(found.values()) == {"no permission"}


def test_what_fails_again_comes_back_to_the_dead_letters(queues: DeadLetters) -> None:
    send(queues, "poison")
    queues.replay()
    for _ in range(3):  # twice received, the third time it goes
        queues.client.receive_message(QueueUrl=queues.queue_url, VisibilityTimeout=0)
    assert [letter.body for letter in queues.look()] == ['"poison"']


def test_only_a_dead_letter_queue_can_be_moved(queues: DeadLetters) -> None:
    other = DeadLetters(queues.client, queues.queue_url, queues.url)
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        other.replay()


def test_sqs_out_of_reach_is_worth_another_try(queues: DeadLetters, cloud: Cloud) -> None:
    answers(queues.client, "StartMessageMoveTask", code="ThrottlingException")
    with pytest.raises(StoreUnavailable, match="replay dead letters"):
        queues.replay()


def test_hints_of_segment_updates_are_replayed_into_their_own_group(cloud: Cloud) -> None:
    sqs, name = cloud.client("sqs"), uuid.uuid4().hex[:8]
    dead = sqs.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    given = {"FifoQueue": "true", "RedrivePolicy": policy, "VisibilityTimeout": "0"}
    letters = DeadLetters(sqs, dead, sqs.create_queue(QueueName=f"{name}.fifo", Attributes=given)["QueueUrl"])
    queue = SegmentQueue(sqs, letters.queue_url)
    queue.send(Hint(dataset="next_purchase", entities=(str(number),)) for number in range(12))
    while letters.count() != 12:
        sqs.receive_message(QueueUrl=letters.queue_url, MaxNumberOfMessages=10)
    assert queue.is_empty()
    assert letters.replay() == 12
    found: set[int] = set()
    while messages := sqs.receive_message(
        QueueUrl=letters.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=60, AttributeNames=["All"]
    ).get("Messages"):
        for each in messages:
            hint = Hint.model_validate_json(each["Body"])
            assert each["Attributes"]["MessageGroupId"] == hint.group
            found.add(int(hint.entities[0]))
            sqs.delete_message(QueueUrl=letters.queue_url, ReceiptHandle=each["ReceiptHandle"])
    assert found == set(range(12))


def test_a_replay_joins_the_one_that_somebody_else_has_started(queues: DeadLetters) -> None:
    tasks = [
        {"Status": "RUNNING"},
        {"Status": "RUNNING"},
        {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7},
    ]

    def goes_on(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("https://aws.test", 200, HTTPHeaders(), None), {"Results": [tasks.pop(0)]}

    answers(queues.client, "StartMessageMoveTask", code="AWS.SimpleQueueService.UnsupportedOperation")
    queues.client.meta.events.register("before-call.sqs.ListMessageMoveTasks", goes_on)
    try:
        assert queues.replay() == 7
    finally:
        queues.client.meta.events.unregister("before-call.sqs.ListMessageMoveTasks", goes_on)
    answers(queues.client, "StartMessageMoveTask", code="AccessDenied", status=403)
    with pytest.raises(ClientError, match="AccessDenied"):
        queues.replay()
