"""Rows scored through an endpoint: the same answers, and the function's own where the endpoint is away or behind."""

import io
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from container.model import Model
from container.serve.decode_json import from_json
from container.serve.encode import to_csv
from tests.integration.container.conftest import Stage, Trained
from tests.integration.container.test_predict_rows import ITEMS, RUN, Function, function, line  # noqa: F401

NAME = "Evergreen-line-yield"
KINDS = ("application/json", "text/csv")


@dataclass
class Endpoint:
    """The container's own server behind SageMaker's runtime API, without a socket between them."""

    model: Model
    variant: str
    failing: Exception | None = None
    bodies: list[bytes] = field(default_factory=list)

    def invoke_endpoint(self, EndpointName: str, ContentType: str, Accept: str, Body: bytes) -> dict[str, Any]:
        assert (EndpointName[:1], ContentType, Accept) in (("E", *KINDS), ("e", *KINDS))
        self.bodies.append(Body)
        if self.failing:
            raise self.failing
        said = to_csv(self.model.answer(from_json(Body, self.model.signature)), self.model.signature)
        return {"Body": io.BytesIO(said), "InvokedProductionVariant": self.variant}


def endpoint_of(stage: Stage, variant: str) -> Endpoint:
    return Endpoint(Model.load(lambda name: (stage.base / "model" / name).read_bytes()), variant)


@pytest.fixture
def asked(function: Function, line: Stage, monkeypatch: pytest.MonkeyPatch) -> Endpoint:  # noqa: F811
    function.promote(line, RUN)
    found = endpoint_of(line, RUN)
    monkeypatch.setattr(function.module, "runtime", lambda: found)
    return found


def test_the_endpoint_gives_the_answers_that_the_function_gives(asked: Endpoint, function: Function) -> None:  # noqa: F811
    alone = function("line_yield", *ITEMS[:300])
    through = function("line_yield", *ITEMS[:300], endpoint=NAME)
    assert through["predictions"] == alone["predictions"]
    assert {each["prediction"] for each in through["predictions"]} == {"0", "1"}
    assert (alone["answered_by"], through["answered_by"], len(asked.bodies)) == ("function", "endpoint", 1)


def test_features_of_an_event_log_reach_the_endpoint_unchanged(
    trained: Trained,
    function: Function,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = "next-purchase-00001-aaaaaaaa"
    function.promote(trained, run)
    endpoint = endpoint_of(trained, run)
    monkeypatch.setattr(function.module, "runtime", lambda: endpoint)
    names = [feature.name for feature in endpoint.model.signature.features]
    lines = (trained.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()[:200]
    rows = [dict(zip(names, (cell or None for cell in each.split(",")[1:]), strict=True)) for each in lines]
    assert any(None in row.values() for row in rows), "what is missing stays missing"
    through = function("next_purchase", *rows, endpoint="e", prepared=True)
    assert through["answered_by"] == "endpoint"
    assert through["predictions"] == function("next_purchase", *rows, prepared=True)["predictions"]


@pytest.mark.parametrize(
    "failing",
    [
        ConnectTimeoutError(endpoint_url="https://runtime"),
        ClientError({"Error": {"Code": "ModelError", "Message": "busy"}}, "InvokeEndpoint"),
    ],
)
def test_an_endpoint_that_is_away_is_done_without(asked: Endpoint, function: Function, failing: Exception) -> None:  # noqa: F811
    asked.failing = failing
    through = function("line_yield", *ITEMS[:3], endpoint=NAME)
    assert (through["answered_by"], len(asked.bodies)) == ("function", 1)
    assert through["predictions"] == function("line_yield", *ITEMS[:3])["predictions"]


def test_an_endpoint_that_still_answers_with_another_champion_is_done_without(
    asked: Endpoint,
    function: Function,  # noqa: F811
) -> None:
    asked.variant = "line-yield-00000-bbbbbbbb"
    through = function("line_yield", *ITEMS[:3], endpoint=NAME)
    assert (through["answered_by"], through["champion"]) == ("function", RUN)


def test_rows_that_are_refused_never_reach_it(asked: Endpoint, function: Function) -> None:  # noqa: F811
    assert function("line_yield", {"Type": "L"}, endpoint=NAME)["refused"] == "MALFORMED_ROWS"
    assert asked.bodies == []
