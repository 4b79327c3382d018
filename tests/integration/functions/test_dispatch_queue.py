import json
from collections.abc import Callable
from typing import Any

from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import World

QUEUE = "arn:aws:sqs:us-east-1:123456789012:arrivals"


def record(number: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": "r",
        "body": body,
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
        "awsRegion": "us-east-1",
    }


def test_what_cannot_be_handled_is_told_apart_from_what_can(world: World, function: Callable[[str], Handler]) -> None:
    bodies = [
        json.dumps(world.drop("incoming/next_purchase/a.csv")),
        "no event at all",
        json.dumps({"detail-type": "Object Deleted", "source": "aws.s3"}),
        "[]",
        json.dumps(
            {"detail-type": "Run Requested", "detail": {"dataset": "nobody", "request_id": "1", "kind": "many"}}
        ),
        json.dumps({"detail-type": "Object Created", "detail": {"bucket": 5}}),
        json.dumps(world.drop("incoming/line_yield/a.csv")),
    ]
    answer = function("dispatch")({"Records": [record(number, body) for number, body in enumerate(bodies)]})
    failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert failed == ["m1", "m2", "m3", "m4", "m5"]
    assert len(world.started()) == 2, "the file before them and the one after"
