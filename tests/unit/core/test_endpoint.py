"""What a contract may ask of an endpoint, what it is called, and which step brings it to the champion."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.endpoint import Endpoint, config_name, config_prefix, endpoint_name
from evergreen.endpoint_moves import (
    LAST_STEPS,
    EndpointRecord,
    EndpointState,
    SeenEndpoint,
    Step,
    next_step,
    of_the_endpoint,
)

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
IMAGE = {"image": "repository:1", "role": "arn:aws:iam::1:role/jobs"}


def test_nothing_said_is_a_serverless_endpoint() -> None:
    variant = Endpoint().variant("run", "model")
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert "InstanceType" not in variant


def test_an_instance_is_told_to_sagemaker_as_one() -> None:
    variant = Endpoint.model_validate({"instance": {"type": "ml.c6i.xlarge", "count": 2}}).variant("run", "model")
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c6i.xlarge", 2)
    assert "ServerlessConfig" not in variant


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"serverless": {"memory_mb": 1500}}, "multiple of 1024"),
        ({"serverless": {"memory_mb": 7168}}, "less than or equal to 6144"),
        ({"serverless": {"max_concurrency": 201}}, "less than or equal to 200"),
        ({"instance": {"type": "m5.large"}}, "should match pattern"),
        ({"instance": {"count": 0}}, "greater than or equal to 1"),
        ({"serverless": {}, "instance": {}}, "state one of the two"),
        ({"smoke_rows": 0}, "greater than or equal to 1"),
        ({"cpu": 2}, "Extra inputs"),
    ],
)
def test_what_sagemaker_would_refuse_the_contract_refuses(asked: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Endpoint.model_validate(asked)


@given(
    stack=st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,127}", fullmatch=True),
    dataset=st.from_regex(r"[a-z][a-z0-9_]{0,28}[a-z0-9]", fullmatch=True),
)
def test_every_name_fits_sagemaker_and_begins_as_the_permissions_say(stack: str, dataset: str) -> None:
    name = endpoint_name(stack, dataset)
    config = config_name(stack, f"{dataset.replace('_', '-')}-00001-3f2a9c81", Endpoint(), IMAGE)
    assert len(name) <= 63
    assert len(config) <= 63
    assert config.startswith(config_prefix(stack))
    if "--" not in stack + dataset.replace("_", "-"):
        assert NAME.fullmatch(config)


def test_another_image_or_size_makes_another_configuration_and_other_smoke_requests_do_not() -> None:
    asked, run = Endpoint(), "next-purchase-00001-3f2a9c81"
    name = config_name("Evergreen", run, asked, IMAGE)
    assert name.startswith(f"Evergreen-{run}-")
    assert config_name("Evergreen", run, Endpoint(smoke_rows=99), IMAGE) == name
    assert config_name("Evergreen", run, Endpoint.model_validate({"serverless": {"memory_mb": 4096}}), IMAGE) != name
    assert config_name("Evergreen", run, asked, {**IMAGE, "image": "repository:2"}) != name


def known(config: str, state: EndpointState = EndpointState.MOVING, **facts: object) -> EndpointRecord:
    shared = {"endpoint": "e", "champion": "run-2", "at": "2026-03-02T08:00:00+00:00", "run_id": "run-2"}
    return EndpointRecord.model_validate({**shared, "config": config, "state": state, **facts})


def seen(config: str, status: str = "InService") -> SeenEndpoint:
    return SeenEndpoint(status=status, config=config)


@pytest.mark.parametrize(
    ("wanted", "there", "record", "run_id", "step"),
    [
        ("new", None, None, "run-2", Step.CREATE),
        ("new", seen("old"), known("old", EndpointState.SERVING), "run-2", Step.UPDATE),
        ("new", seen("old", "Updating"), known("new", asked=True), "run-2", Step.WAIT),
        ("new", seen("new"), known("new", asked=True), "run-2", Step.SMOKE),
        ("new", seen("new"), known("new", EndpointState.SERVING), "run-2", Step.NOTHING),
        ("new", seen("old"), known("new", asked=False), "run-2", Step.UPDATE),
        ("new", seen("old"), known("new", asked=True), "run-2", Step.REFUSE),
        ("new", seen("", "Failed"), known("new", asked=True), "run-2", Step.REFUSE),
        ("new", seen("", "Failed"), known("old", EndpointState.SERVING), "run-2", Step.DELETE),
        ("new", seen("new"), known("new", EndpointState.REFUSED, previous="old"), "run-2", Step.GO_BACK),
        ("new", seen("new"), known("new", EndpointState.REFUSED), "run-2", Step.DELETE),
        ("new", seen("old"), known("new", EndpointState.REFUSED, previous="old"), "run-2", Step.CLEAN),
        ("new", None, known("new", EndpointState.REFUSED), "run-2", Step.CLEAN),
        ("new", seen("old"), known("new", EndpointState.REFUSED), "run-3", Step.UPDATE),
        ("new", seen("old"), known("new", EndpointState.REFUSED), None, Step.CLEAN),
        (None, seen("old"), known("old", EndpointState.SERVING), "run-2", Step.DELETE),
        (None, None, known("old", EndpointState.SERVING), "run-2", Step.FORGET),
        (None, None, known("old", EndpointState.GONE), "run-2", Step.NOTHING),
        (None, None, None, "run-2", Step.NOTHING),
    ],
)
def test_the_next_step_follows_from_what_is_there(
    wanted: str | None, there: SeenEndpoint | None, record: EndpointRecord | None, run_id: str | None, step: Step
) -> None:
    assert next_step(wanted, there, record, run_id) is step


def test_a_notice_tells_of_what_the_run_moved_and_of_what_is_not_where_it_should_be() -> None:
    serving, refused = known("new", EndpointState.SERVING), known("new", EndpointState.REFUSED, reason="too slow")
    assert of_the_endpoint(serving, "run-2") == ["The endpoint e answers with run-2."]
    assert of_the_endpoint(serving, "run-3") == []
    assert of_the_endpoint(refused, "run-3") == ["The endpoint e is gone, for it could not take run-2: too slow"]
    assert "does not answer with run-2 yet" in of_the_endpoint(known("new"), "run-2")[0]
    assert of_the_endpoint(None, "run-2") == []


def test_a_notice_tells_once_that_the_endpoint_was_deleted() -> None:
    gone = known("new", EndpointState.GONE)
    assert of_the_endpoint(gone, "run-2") == ["The endpoint e was deleted, for the contract asks for none."]
    assert of_the_endpoint(gone, "run-3") == []


def test_a_refused_configuration_of_the_same_champion_is_not_told_as_a_champion_that_was_refused() -> None:
    facts = {"previous": "Evergreen-run-2-aaaaaa", "reason": "too slow"}
    refused = known("Evergreen-run-2-bbbbbb", EndpointState.REFUSED, **facts)
    assert refused.sentence == (
        "The endpoint e answers as before, for it could not become what the contract asks for now, with run-2: too slow"
    )


def test_a_move_is_over_only_after_its_last_step() -> None:
    assert {Step.NOTHING, Step.CLEAN, Step.FORGET} == LAST_STEPS
