"""The workflow's own states, with stand-ins for the rest: small data goes to the function, all else to the job."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.compute.test_image_functions import image_function
from tests.integration.compute.world import World

WORKFLOW = Path(__file__).resolve().parents[3] / "statemachines" / "retrain.asl.json"
OURS = ("ChoosePreparation", "PrepareSmallData", "PrepareData")
LIMIT = 500_000_000


@pytest.fixture
def machine(world: World) -> str:
    states = json.loads(WORKFLOW.read_text())["States"]
    begin = {"Type": "Pass", "Assign": {"job_attempt": 0}, "Next": "ChoosePreparation"}
    stand_ins = {
        "ReadDataSummary": {"Type": "Succeed"},
        "FailRun": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
        "ReadFault": {"Type": "Fail"},
    }
    words = {
        "PrepareSmallData": image_function(world),
        "SageMakerRole": world.role,
        "Image": "image",
        "ProcessingInstance": "ml.m5.large",
    }
    definition = json.dumps({"Begin": begin, **{name: states[name] for name in OURS}, **stand_ins})
    filled = re.sub(r"\$\{(\w+)\}", lambda found: words[found[1]], definition)
    return world.machine(json.loads(filled))


def run(world: World, machine: str, input_bytes: int, run_prefix: str = "runs/r1") -> tuple[dict[str, Any], list[str]]:
    """How the execution ended, and which of the two it entered."""
    world.put("run/a.txt", "a")
    world.put("prepare.manifest", json.dumps([{"prefix": world.uri("")}, "run/a.txt"]))
    pinned = {name: world.uri(name) for name in ("prepared", "accepted", "quarantine")}
    pinned |= {"prepare_inputs": world.uri("prepare.manifest"), "run_prefix": run_prefix}
    execution = world.start(
        machine, {"run_id": world.bucket, "run": {"value": {**pinned, "input_bytes": input_bytes}}}, name=world.bucket
    )
    ended = world.ended(execution, seconds=30)
    entered = [
        each["stateEnteredEventDetails"]["name"]
        for each in world.history(execution)
        if each["type"] == "TaskStateEntered"
    ]
    return ended, entered


@pytest.mark.parametrize(
    ("input_bytes", "way"), [(0, "PrepareSmallData"), (LIMIT, "PrepareSmallData"), (LIMIT + 1, "PrepareData")]
)
def test_the_bytes_to_read_decide_the_way(world: World, machine: str, input_bytes: int, way: str) -> None:
    ended, entered = run(world, machine, input_bytes)
    assert ended["status"] == "SUCCEEDED", ended
    assert entered == [way]


def test_a_function_that_is_killed_for_its_memory_leaves_the_work_to_the_job(world: World, machine: str) -> None:
    ended, entered = run(world, machine, 1, run_prefix="exit")
    assert ended["status"] == "SUCCEEDED", ended
    assert entered == ["PrepareSmallData", "PrepareData"]


def test_an_error_in_the_code_fails_the_run_with_its_message_and_no_job_tries_again(world: World, machine: str) -> None:
    ended, entered = run(world, machine, 1, run_prefix="fail")
    assert entered == ["PrepareSmallData"]
    assert ended["error"] == "ValueError"
    assert json.loads(ended["cause"])["errorMessage"] == "the column 'price' is missing"
