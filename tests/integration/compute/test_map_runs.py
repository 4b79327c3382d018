"""Distributed Map over a list in S3: what its items get, and what becomes of the run when one of them fails."""

import json
from typing import Any

import pytest

from tests.integration.compute.world import World

WORK = """
class TrainingFailed(Exception):
    pass
def handler(event, context):
    if event["part"] == "broken":
        raise TrainingFailed("said the test")
    return {"written": event["rows"], "of": event["of"]}
"""


def mapped(world: World, parts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A run of a map over parts, with one function for each."""
    key = f"{world.bucket}-{len(parts)}.json"
    world.put(key, json.dumps(parts))
    work = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": world.function(WORK), "Payload.$": "$"},
        "ResultSelector": {"written.$": "$.Payload.written", "of.$": "$.Payload.of"},
        "End": True,
    }
    each = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": world.bucket, "Key.$": "$.key"},
        },
        "ItemSelector": {
            "part.$": "$$.Map.Item.Value.part",
            "rows.$": "$$.Map.Item.Value.rows",
            "of.$": "$$.Execution.Input.dataset",
        },
        "MaxConcurrency": 2,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Work",
            "States": {"Work": work},
        },
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
        "Next": "Done",
        **more,
    }
    states = {"Each": each, "Done": {"Type": "Succeed"}, "Caught": {"Type": "Pass", "End": True}}
    return world.run(states, {"key": key, "dataset": "d"})


def test_every_item_of_the_list_is_worked_on_with_what_it_selects(world: World) -> None:
    parts = [{"part": f"part-{number}", "rows": number} for number in range(5)]
    execution = mapped(world, parts)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert json.loads(execution["output"]) == [{"written": number, "of": "d"} for number in range(5)]


@pytest.mark.parametrize(("tolerated", "caught"), [(0, True), (1, False)])
def test_an_item_that_fails_fails_the_map_unless_it_is_tolerated(world: World, tolerated: int, caught: bool) -> None:
    parts = [{"part": name, "rows": 1} for name in ("part-0", "broken", "part-2")]
    execution = mapped(world, parts, ToleratedFailureCount=tolerated)
    output = json.loads(execution["output"])
    error = output["error"]["Error"] if isinstance(output, dict) else None
    assert (error == "States.ExceedToleratedFailureThreshold") is caught, output
