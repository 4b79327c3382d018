"""Messages of a queue reach a function in batches, and only what it handled is deleted."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.compute.world import World, until

COPY_AND_REFUSE = """
import json, os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    failed = []
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(record))
        if record["body"].startswith("bad"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


def connect(world: World, visibility: int = 30, **settings: Any) -> tuple[str, str, str]:
    """A queue with a DLQ whose messages a function copies to the queue `seen`, refusing the bad ones."""
    seen, _ = world.queue()
    dead, dead_arn = world.queue()
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    source, source_arn = world.queue(VisibilityTimeout=str(visibility), RedrivePolicy=policy)
    name = world.function(COPY_AND_REFUSE, Timeout=2, Environment={"Variables": {"SEEN": seen}})
    world.invoke(name, {"Records": []})
    world.client("lambda").create_event_source_mapping(
        EventSourceArn=source_arn,
        FunctionName=name,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **settings,
    )
    return source, seen, dead


def collect(world: World, address: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        found.extend(json.loads(body) for body in world.receive(address))
        return len(found) >= count

    until(enough, seconds=15)
    return found


def test_only_the_failed_message_comes_back_and_a_poisonous_one_reaches_the_dead_letter_queue(world: World) -> None:
    source, seen, dead = connect(world, visibility=2, BatchSize=10, MaximumBatchingWindowInSeconds=1)
    for body in ("good", "bad", "fine"):
        world.client("sqs").send_message(QueueUrl=source, MessageBody=body)

    dead_bodies = until(lambda: world.receive(dead), seconds=15)
    records = collect(world, seen, 4)

    assert dead_bodies == ["bad"]
    assert sorted(record["body"] for record in records) == ["bad", "bad", "fine", "good"]
    counts = [record["attributes"]["ApproximateReceiveCount"] for record in records if record["body"] == "bad"]
    assert sorted(counts) == ["1", "2"]


def test_a_queue_that_shows_messages_again_before_the_function_is_done_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="visibility timeout: 1 seconds is less than Function timeout: 2 seconds"):
        connect(world, visibility=1)


def test_the_record_has_the_shape_that_aws_gives_it(world: World) -> None:
    source, seen, _ = connect(world)
    attribute = {"kind": {"DataType": "String", "StringValue": "drop"}}
    world.client("sqs").send_message(QueueUrl=source, MessageBody="one", MessageAttributes=attribute)

    (record,) = collect(world, seen, 1)

    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(source.rsplit("/", 1)[1])
    assert record["awsRegion"] == world.cloud.region
    assert record["messageAttributes"]["kind"]["stringValue"] == "drop"
    assert set(record) >= {"messageId", "receiptHandle", "body", "attributes", "md5OfBody"}
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])


def test_a_message_is_handled_within_a_tenth_of_a_second(world: World) -> None:
    source, seen, _ = connect(world)
    world.client("sqs").send_message(QueueUrl=source, MessageBody="warm up")
    collect(world, seen, 1)
    waits = []
    for number in range(5):
        time.sleep(0.1)
        before = time.monotonic()
        world.client("sqs").send_message(QueueUrl=source, MessageBody=f"message {number}")
        until(lambda: world.receive(seen))
        waits.append(time.monotonic() - before)

    assert min(waits) < 0.1  # the best of five: others may be using the machine


def test_no_message_is_lost_or_doubled_when_many_arrive_at_once(world: World) -> None:
    source, seen, _ = connect(world, BatchSize=5)
    bodies = [f"message {number}" for number in range(60)]
    for first in range(0, 60, 10):
        entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies[first : first + 10])]
        world.client("sqs").send_message_batch(QueueUrl=source, Entries=entries)

    records = collect(world, seen, 60)

    assert sorted(record["body"] for record in records) == sorted(bodies)
