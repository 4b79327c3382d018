"""A function in the container's image runs as a process of the repository's own container code."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.compute.world import World, unique, until

CONFIG = {"EntryPoint": ["python", "-m", "awslambdaric"], "Command": ["container.small_data.handler"]}


def image_function(world: World, **settings: Any) -> str:
    name = unique("fn")
    defaults = {"Role": world.role, "Timeout": 20, "ImageConfig": CONFIG, "Code": {"ImageUri": "repo/image:1"}}
    world.client("lambda").create_function(FunctionName=name, PackageType="Image", **(defaults | settings))
    return name


def test_it_acts_as_its_role_with_its_own_environment_and_log_group(world: World) -> None:
    group = f"/own/{world.bucket}"
    variables = {"Variables": {"DUCKDB_MEMORY_LIMIT": "64MB"}}
    name = image_function(world, Environment=variables, LoggingConfig={"LogGroup": group})

    answer, error = world.invoke(name, {})

    assert error is None, answer
    assert answer["who"] == f"arn:aws:sts::123456789012:assumed-role/worker/{name}"
    assert answer["environment"]["DUCKDB_MEMORY_LIMIT"] == "64MB"
    assert answer["environment"]["AWS_EXECUTION_ENV"] == "AWS_Lambda_Image"
    assert any(line.startswith("REPORT RequestId: ") for line in world.log(group))


def test_its_temporary_folder_is_its_own_and_stays_while_the_process_is_warm(world: World) -> None:
    name, other = image_function(world), image_function(world)
    first, again, elsewhere = (world.invoke(each, {})[0] for each in (name, name, other))

    assert again["pid"] == first["pid"]
    assert (first["found_what_was_left"], again["found_what_was_left"]) == (False, True)
    assert not elsewhere["found_what_was_left"]

    world.client("lambda").delete_function(FunctionName=name)
    assert until(lambda: not Path(first["folder"]).exists())


def test_another_image_means_another_process(world: World) -> None:
    name = image_function(world)
    before, _ = world.invoke(name, {})

    world.client("lambda").update_function_code(FunctionName=name, ImageUri="repo/image:2")

    assert world.invoke(name, {})[0]["pid"] != before["pid"]


def test_of_many_processes_one_stays_for_they_are_large(world: World) -> None:
    name = image_function(world)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: world.invoke(name, {})[0], range(3)))

    pids = {answer["pid"] for answer in answers}
    assert until(lambda: sum(alive(pid) for pid in pids) == 1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_exception_is_reported_with_its_type_and_a_crash_as_one(world: World) -> None:
    name = image_function(world)

    assert world.invoke(name, {"do": "fail"})[0]["errorMessage"] == "the column 'price' is missing"
    assert world.invoke(name, {"do": "exit"})[0]["errorType"] == "Runtime.ExitError"
    assert world.invoke(name, {})[1] is None


def test_get_function_shows_an_image_as_aws_does(world: World) -> None:
    answer = world.client("lambda").get_function(FunctionName=image_function(world))

    assert answer["Code"]["ImageUri"] == "repo/image:1"
    assert answer["Configuration"]["PackageType"] == "Image"
    assert answer["Configuration"]["ImageConfigResponse"]["ImageConfig"] == CONFIG
    assert not {"Handler", "Runtime"} & set(answer["Configuration"])


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"EntryPoint": ["/serve"], "Command": ["container.small_data.handler"]},
        {"EntryPoint": CONFIG["EntryPoint"], "Command": ["scoring.app.handler"]},
        {"EntryPoint": CONFIG["EntryPoint"], "Command": ["container.unknown.handler"]},
    ],
)
def test_an_image_whose_code_is_not_here_is_refused_by_name(world: World, config: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"score.*package it as a zip"):
        world.client("lambda").create_function(
            FunctionName="score",
            PackageType="Image",
            Role=world.role,
            Code={"ImageUri": "repo/image:1"},
            ImageConfig=config,
        )


def test_a_handler_that_is_not_here_cannot_be_configured_later(world: World) -> None:
    name = image_function(world)
    with pytest.raises(ClientError, match=r"package it as a zip"):
        world.client("lambda").update_function_configuration(
            FunctionName=name, ImageConfig=CONFIG | {"Command": ["scoring.app.handler"]}
        )


def test_a_time_out_ends_it(world: World) -> None:
    name = image_function(world, Timeout=1)
    world.invoke(name, {})
    before = time.monotonic()

    answer, _ = world.invoke(name, {"do": "hang"})

    assert answer["errorType"] == "Sandbox.Timedout"
    assert time.monotonic() - before < 4
