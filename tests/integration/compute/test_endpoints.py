"""Endpoints answer by the container's own server, and a new configuration takes over only when it answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.endpoints.fleet import Fleet
from tests.integration.compute.world import World, unique, until


def config(world: World, factor: int, **environment: str) -> str:
    """A configuration whose model multiplies; the variant is called after it."""
    artifacts, name, sagemaker = _model(world, factor), unique("config"), world.client("sagemaker")
    container = {"Image": "image", "ModelDataUrl": artifacts, "Environment": environment}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=world.role, PrimaryContainer=container)
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 2}
    variant = {"VariantName": name, "ModelName": name, "ServerlessConfig": serverless}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return name


def _model(world: World, factor: int) -> str:
    return str(world.train(do="learn", factor=str(factor))["ModelArtifacts"]["S3ModelArtifacts"])


def create(world: World, wanted: str) -> str:
    name = unique("endpoint")
    world.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=wanted)
    return name


def settled(world: World, name: str) -> dict[str, Any]:
    def seen() -> Any:
        found = world.client("sagemaker").describe_endpoint(EndpointName=name)
        return None if found["EndpointStatus"] in ("Creating", "Updating") else found

    return dict(until(seen, seconds=20))


def ask(world: World, name: str, body: bytes = b"2\n4\n") -> tuple[str, str]:
    answer = world.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=body)
    return answer["Body"].read().decode(), answer["InvokedProductionVariant"]


def test_an_endpoint_is_creating_until_its_server_answers_and_then_answers(world: World) -> None:
    wanted = config(world, 3)
    name = create(world, wanted)
    first = world.client("sagemaker").describe_endpoint(EndpointName=name)

    assert first["EndpointStatus"] == "Creating"
    assert settled(world, name)["EndpointStatus"] == "InService"
    assert ask(world, name) == ("6\n12", wanted)
    assert any(f"/aws/sagemaker/Endpoints/{name}" == each["logGroupName"] for each in _groups(world))


def test_an_update_takes_over_when_it_answers_and_a_bad_one_never_does(world: World) -> None:
    before, after, broken = config(world, 3), config(world, 5), config(world, 7, NEVER_STARTS="yes")
    name, sagemaker = create(world, before), world.client("sagemaker")
    settled(world, name)

    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=after)
    assert settled(world, name)["EndpointConfigName"] == after
    assert ask(world, name) == ("10\n20", after)

    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=broken)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=after)
    kept = settled(world, name)
    assert (kept["EndpointStatus"], kept["EndpointConfigName"]) == ("InService", after)
    assert "no model of mine" in kept["FailureReason"]
    assert ask(world, name) == ("10\n20", after)


def test_an_endpoint_whose_server_ends_is_failed_and_says_why(world: World) -> None:
    name = create(world, config(world, 3, NEVER_STARTS="yes"))

    failed = settled(world, name)

    assert failed["EndpointStatus"] == "Failed"
    assert "no model of mine" in failed["FailureReason"]
    with pytest.raises(ClientError, match=f"Endpoint {name} .* not found"):
        ask(world, name)


def test_what_the_model_refuses_is_a_model_error_with_its_words(world: World) -> None:
    name = create(world, config(world, 3, SAYS_NO="yes"))
    settled(world, name)

    with pytest.raises(ClientError, match="row 1 is no row") as refused:
        ask(world, name)

    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert refused.value.response["OriginalStatusCode"] == 400


def test_a_deleted_endpoint_is_gone_with_its_process_and_names_are_taken_once(world: World) -> None:
    wanted = config(world, 3)
    name, sagemaker = create(world, wanted), world.client("sagemaker")
    settled(world, name)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=wanted)
    running = set(world.cloud.processes._children)

    sagemaker.delete_endpoint(EndpointName=name)

    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName=name)
    assert len(set(world.cloud.processes._children)) == len(running) - 1


def test_a_snapshot_holds_what_makes_an_endpoint_answer_again(world: World) -> None:

    wanted = config(world, 3)
    name, fleet = create(world, wanted), world.cloud.kept(Fleet)
    settled(world, name)
    captured = [each for each in fleet.capture() if each["name"] == name]
    for what in ("endpoint", "endpoint_config", "model"):
        title = {"endpoint": "EndpointName", "endpoint_config": "EndpointConfigName", "model": "ModelName"}[what]
        delete = getattr(world.client("sagemaker"), f"delete_{what}")
        delete(**{title: name if what == "endpoint" else wanted})

    fleet.restore(captured)

    assert settled(world, name)["EndpointStatus"] == "InService"
    assert ask(world, name) == ("6\n12", wanted)
    assert isinstance(fleet, Fleet)


def _groups(world: World) -> list[dict[str, Any]]:
    return list(world.client("logs").describe_log_groups()["logGroups"])
