"""Functions run as processes that see what a function on AWS sees."""

import json
import os
import time
from pathlib import Path

import pytest

from local.functions.worker import RUNTIME_CLIENT
from tests.integration.compute.world import World, until

REPOSITORY = RUNTIME_CLIENT.parents[2]
LOOK_AROUND = """
import os, sys
def handler(event, context):
    try:
        import local
    except ImportError:
        local = None
    return {"path": sys.path, "env": dict(os.environ), "sees_repository": local is not None, "pid": os.getpid(),
            "name": context.function_name, "left": context.get_remaining_time_in_millis()}
"""
MISBEHAVE = """
import os, time
class DatasetRejected(Exception):
    pass
def handler(event, context):
    print("doing", event)
    if event == "sleep":
        time.sleep(30)
    if event == "exit":
        os._exit(3)
    if event == "reject":
        raise DatasetRejected("no rows")
    return event
"""


def test_a_function_sees_its_asset_and_its_own_environment_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DEVELOPER", "x")
    name = world.function(LOOK_AROUND, Environment={"Variables": {"TABLE": "registry"}})

    seen, error = world.invoke(name)

    assert error is None, seen
    assert seen["path"][0] == seen["env"]["LAMBDA_TASK_ROOT"]
    assert str(REPOSITORY) not in [str(Path(place).resolve()) for place in seen["path"]]
    assert not seen["sees_repository"]
    assert seen["env"]["TABLE"] == "registry"
    assert "SECRET_OF_THE_DEVELOPER" not in seen["env"]
    assert seen["env"]["AWS_ENDPOINT_URL"] == world.cloud.endpoint_url
    assert seen["env"]["AWS_LAMBDA_FUNCTION_NAME"] == seen["name"] == name
    assert 10_000 < seen["left"] <= 20_000


def test_a_function_acts_as_its_role(world: World) -> None:
    name = world.function("import boto3\ndef handler(e, c): return boto3.client('sts').get_caller_identity()['Arn']")

    answer, _ = world.invoke(name)

    assert answer == f"arn:aws:sts::123456789012:assumed-role/worker/{name}"


def test_a_warm_process_is_used_again_and_replaced_after_a_change(world: World) -> None:
    name = world.function(LOOK_AROUND)
    first, _ = world.invoke(name)
    again, _ = world.invoke(name)

    world.client("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": {"A": "2"}})
    changed, _ = world.invoke(name)

    assert again["pid"] == first["pid"]
    assert changed["pid"] != first["pid"]
    assert changed["env"]["A"] == "2"
    with pytest.raises(ProcessLookupError):
        os.kill(first["pid"], 0)


def test_an_exception_is_reported_with_its_type_and_place(world: World) -> None:
    answer, error = world.invoke(world.function(MISBEHAVE), "reject")

    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("DatasetRejected", "no rows")
    assert "room/app.py" in answer["stackTrace"][-1]


def test_a_function_that_takes_too_long_is_ended(world: World) -> None:
    name = world.function(MISBEHAVE, Timeout=1)
    world.invoke(name, "warm")
    before = time.monotonic()

    answer, error = world.invoke(name, "sleep")

    assert time.monotonic() - before < 3
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert world.invoke(name, "next") == ("next", None)


def test_a_crash_is_reported_and_the_next_invocation_has_a_new_process(world: World) -> None:
    name = world.function(MISBEHAVE)

    answer, error = world.invoke(name, "exit")

    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert world.invoke(name, "next") == ("next", None)


@pytest.mark.parametrize(
    ("handler", "kind"),
    [("room.app.nothing", "Runtime.HandlerNotFound"), ("room.nowhere.handler", "Runtime.ImportModuleError")],
)
def test_a_handler_that_cannot_be_imported_is_named(world: World, handler: str, kind: str) -> None:
    answer, error = world.invoke(world.function(MISBEHAVE, Handler=handler))

    assert error == "Unhandled"
    assert answer["errorType"] == kind
    assert handler.split(".")[1 if "Import" in kind else 2] in answer["errorMessage"]


def test_what_a_function_prints_is_in_its_log_group_between_start_and_report(world: World) -> None:
    group = f"/own/{world.bucket}"
    name = world.function(MISBEHAVE, LoggingConfig={"LogGroup": group})

    world.invoke(name, "work")

    start, line, end, report = world.log(group)
    assert start.startswith("START RequestId: ")
    assert line == "doing work"
    assert end.startswith("END RequestId: ")
    assert "\tDuration: " in report
    assert "\tMemory Size: 128 MB" in report


def test_an_asynchronous_event_that_keeps_failing_reaches_the_destination(world: World) -> None:
    address, arn = world.queue()
    name = world.function(MISBEHAVE)
    world.client("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": arn}}
    )

    world.invoke(name, "reject", InvocationType="Event")

    record = json.loads(until(lambda: world.receive(address))[0])
    assert record["requestPayload"] == "reject"
    assert record["responsePayload"]["errorType"] == "DatasetRejected"
    assert record["requestContext"]["approximateInvokeCount"] == 2
