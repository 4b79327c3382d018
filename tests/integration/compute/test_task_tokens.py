"""Tasks that wait for somebody's word: answered once, in time, and over with their execution."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.compute.world import World, until

ASK = """
import json, os, boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key="token", Body=event["token"])
"""
FAIL = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key="token", Body=event["token"])
    raise ValueError("nobody was asked")
"""


def asking(world: World, source: str = ASK, **more: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": world.function(source),
            "Payload": {"token.$": "$$.Task.Token", "bucket": world.bucket},
        },
        "TimeoutSecondsPath": "$.seconds",
        "ResultPath": "$.said",
        "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Silence"}],
        "Next": "Heard",
        **more,
    }
    return {"Ask": task, "Heard": {"Type": "Succeed"}, "Silence": {"Type": "Pass", "Result": "silence", "End": True}}


def token(world: World) -> str:
    def asked() -> str:
        found = world.client("s3").list_objects_v2(Bucket=world.bucket, Prefix="token").get("KeyCount")
        return world.get(world.uri("token")).decode() if found else ""

    return str(until(asked))


def answer(world: World, to: str, **said: Any) -> None:
    world.client("stepfunctions").send_task_success(taskToken=to, output=json.dumps(said))


def refusal(world: World, to: str) -> str:
    with pytest.raises(ClientError) as refused:
        answer(world, to, approved=True)
    return str(refused.value.response["Error"]["Code"])


def test_an_answer_is_the_output_of_the_task_that_waits(world: World) -> None:
    execution = world.start(world.machine(asking(world)), {"seconds": 60})
    answer(world, token(world), approved=True, by="somebody")
    assert json.loads(world.ended(execution)["output"])["said"] == {"approved": True, "by": "somebody"}


def test_a_second_answer_is_refused_while_the_execution_goes_on_and_after_its_end(world: World) -> None:
    states = asking(world, Next="Rest") | {"Rest": {"Type": "Wait", "Seconds": 2, "Next": "Heard"}}
    execution = world.start(world.machine(states), {"seconds": 60})
    asked = token(world)
    answer(world, asked, approved=False)
    assert refusal(world, asked) == "TaskTimedOut"
    assert json.loads(world.ended(execution)["output"])["said"] == {"approved": False}
    assert refusal(world, asked) == "TaskTimedOut"


def test_a_task_that_nobody_answers_times_out_after_the_seconds_that_its_input_says(world: World) -> None:
    before = time.monotonic()
    execution = world.ended(world.start(world.machine(asking(world)), {"seconds": 1}))
    assert 1 <= time.monotonic() - before < 10
    assert json.loads(execution["output"]) == "silence"
    assert refusal(world, token(world)) == "TaskTimedOut"


def test_a_token_that_nobody_was_given_is_invalid(world: World) -> None:
    assert refusal(world, "nobody's") == "InvalidToken"


def test_a_task_whose_function_failed_waits_for_nobody(world: World) -> None:
    execution = world.ended(world.start(world.machine(asking(world, FAIL)), {"seconds": 60}))
    assert (execution["status"], execution["error"]) == ("FAILED", "ValueError")
    assert refusal(world, token(world)) == "TaskTimedOut"


def test_an_execution_that_is_stopped_waits_no_more(world: World) -> None:
    execution = world.start(world.machine(asking(world)), {"seconds": 3600})
    asked = token(world)
    world.client("stepfunctions").stop_execution(executionArn=execution)
    assert world.ended(execution)["status"] == "ABORTED"
    assert refusal(world, asked) == "TaskTimedOut"
