"""AwaitApproval and what follows it, as the workflow's definition has them, with stand-ins for their functions."""

import json
from typing import Any

import pytest

from tests.infrastructure.conftest import ROOT
from tests.integration.compute.world import World, until

STATES: dict[str, Any] = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text())["States"]
ASK = """
import boto3
def handler(event, context):
    assert event["report"].endswith("report.html")
    boto3.client("s3").put_object(Bucket=event["dataset"], Key="token", Body=event["token"])
"""
SAY = "def handler(event, context):\n    return {'state': 'NAME', 'run_id': event['run_id']}\n"


@pytest.fixture
def machine(world: World) -> str:
    """The states from the verdict on; whatever comes after promoting or keeping is left out."""
    names = ("IsChallengerBetter", "AwaitApproval", "IsApproved", "PromoteChallenger", "KeepChampion")
    functions = {
        "AwaitApproval": world.function(ASK),
        **{name: world.function(SAY.replace("NAME", name)) for name in ("PromoteChallenger", "KeepChampion")},
    }
    text = json.dumps({name: STATES[name] for name in names})
    for name, function in functions.items():
        text = text.replace(f"${{{name}}}", function)
    states = json.loads(text)
    for name in ("PromoteChallenger", "KeepChampion"):
        states[name] = {**states[name], "Next": "Over"}
    return world.machine({**states, "FailRun": {"Type": "Fail", "Error": "FailRun"}, "Over": {"Type": "Succeed"}})


def begin(world: World, machine: str, *, promote: bool = True, approval: str = "manual", seconds: int = 60) -> str:
    event = {
        "dataset": world.bucket,
        "run_id": "r",
        "fence": 1,
        "run": {"value": {"approval": approval, "approval_seconds": seconds, "model_report": "s3://b/report.html"}},
        "challenger": {"model_uri": "s3://b/model.tar.gz"},
        "verdict": {"value": {"promote": promote, "reasons": []}},
    }
    return world.start(machine, event)


def answer(world: World, output: str) -> None:
    def asked() -> str:
        found = world.client("s3").list_objects_v2(Bucket=world.bucket, Prefix="token").get("KeyCount")
        return world.get(world.uri("token")).decode() if found else ""

    world.client("stepfunctions").send_task_success(taskToken=until(asked), output=output)


def end(world: World, execution: str) -> str:
    """The state that had the last word."""
    found = world.ended(execution)
    assert found["status"] == "SUCCEEDED", found
    return str(json.loads(found["output"])["champion"]["value"]["state"])


def test_an_approved_challenger_is_promoted(world: World, machine: str) -> None:
    execution = begin(world, machine)
    answer(world, json.dumps({"approved": True, "by": "ann", "reason": "good", "at": "2026-03-02"}))
    assert end(world, execution) == "PromoteChallenger"


@pytest.mark.parametrize("output", ['{"approved": false, "by": "ann", "reason": "no"}', "{}", '"yes"'])
def test_anything_but_a_clear_yes_keeps_the_champion(world: World, machine: str, output: str) -> None:
    execution = begin(world, machine)
    answer(world, output)
    assert end(world, execution) == "KeepChampion"


def test_silence_keeps_the_champion(world: World, machine: str) -> None:
    assert end(world, begin(world, machine, seconds=1)) == "KeepChampion"


def test_a_challenger_that_lost_is_not_asked_about(world: World, machine: str) -> None:
    assert end(world, begin(world, machine, promote=False)) == "KeepChampion"


def test_where_the_contract_asks_for_no_approval_nobody_is_asked(world: World, machine: str) -> None:
    assert end(world, begin(world, machine, approval="none")) == "PromoteChallenger"
