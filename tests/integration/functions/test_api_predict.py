"""Scoring rows over HTTP: what is handed on, and what is refused before or after."""

from typing import Any

import pytest

from evergreen.contracts import Contracts
from evergreen.endpoint import Endpoint
from evergreen.scoring import MOST_BYTES
from tests.integration.functions.http_requests import Client, Scorer
from tests.integration.functions.world import World

FIRST = "next-purchase-00001-aaaaaaaa"


def test_rows_are_scored_by_the_champion(api: Client, scorer: Scorer) -> None:
    scorer.answer = {"champion": FIRST, "predictions": [{"prediction": "0", "probability": 0.1}]}
    answer = api.post("/predict/line_yield", {"rows": [{"Type": "L"}], "explain": True})
    assert (answer.status, answer.said) == (200, {**scorer.answer, "answered_by": "function"})
    asked = {"dataset": "line_yield", "rows": [{"Type": "L"}], "explain": True, "prepared": False, "log": False}
    assert scorer.asked == [{**asked, "endpoint": None}]


def test_a_data_set_with_an_endpoint_is_scored_through_it_and_the_answer_says_so(
    world: World, function: Any, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.contracts["line_yield"]
    contract = folder.contract.model_copy(update={"endpoint": Endpoint()})
    world.contracts = Contracts({"line_yield": folder.model_copy(update={"contract": contract})})
    said = {"champion": FIRST, "predictions": [{"prediction": "0", "probability": 0.1}], "answered_by": "endpoint"}
    scorer.answer = said
    api = Client.start(function, scorer, monkeypatch)
    assert api.post("/predict/line_yield", {"rows": [{"Type": "L"}]}).said == said
    assert scorer.asked[0]["endpoint"] == "Evergreen-line-yield"
    assert api.get("/datasets/line_yield").said["endpoint"] is None, "none is there yet"
    record = {"endpoint": "Evergreen-line-yield", "state": "SERVING", "champion": FIRST}
    world.aws.registry.put_item(Item={"pk": "DATASET#line_yield", "sk": "ENDPOINT", **record})
    assert api.get("/datasets/line_yield").said["endpoint"] == record


@pytest.mark.parametrize(("refused", "status"), [("NO_CHAMPION", 409), ("MALFORMED_ROWS", 422), ("TOO_MANY_ROWS", 413)])
def test_what_the_scoring_function_refuses_has_a_status_of_its_own(
    api: Client, scorer: Scorer, refused: str, status: int
) -> None:
    fault = {"row": 3, "field": "Torque [Nm]", "value": "x", "rule": "type", "reason": "'x' is not a number"}
    scorer.answer = {"refused": refused, "message": "row 3, field 'Torque [Nm]': …", "faults": [fault]}
    answer = api.post("/predict/line_yield", {"rows": [{}]})
    assert (answer.status, answer.said["faults"]) == (status, [fault])


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "rows"), ({"rows": []}, "rows"), ({"rows": [{}, 3]}, "rows"), ({"rows": [{}], "row": 1}, "row")],
)
def test_a_body_that_is_no_rows_is_422_naming_the_field(api: Client, body: Any, field: str) -> None:
    answer = api.post("/predict/line_yield", body)
    assert answer.status == 422, answer.said
    fault = answer.said["faults"][0]
    assert fault["field"] == field
    assert fault["row"] == (1 if body == {"rows": [{}, 3]} else None)


def test_a_body_over_the_limit_is_413_and_scores_nothing(api: Client, scorer: Scorer) -> None:
    answer = api.post("/predict/line_yield", {"rows": [{"Type": "L" * MOST_BYTES}]})
    assert (answer.status, scorer.asked) == (413, [])
    assert f"{MOST_BYTES:,}" in answer.said["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("\x00", "no JSON"),
        (f'{{"rows": [{{"a": {"9" * 5000}}}]}}', "no JSON"),
        ('{"rows": [{"a": NaN}]}', "NaN is no value of JSON"),
        ('{"rows": [{"a": -Infinity}]}', "-Infinity is no value of JSON"),
        ('{"rows": [{"a": 1e999}]}', "1e999 is too large a number"),
    ],
)
def test_what_is_no_json_is_422(api: Client, scorer: Scorer, body: str, words: str) -> None:
    answer = api.post("/predict/line_yield", body)
    assert (answer.status, scorer.asked) == (422, [])
    assert words in answer.said["message"]


def test_a_body_of_another_kind_is_415(api: Client) -> None:
    answer = api.request("POST", "/predict/line_yield", "Type\nL", {"content-type": "text/csv"})
    assert answer.status == 415


def test_a_scoring_function_that_fails_is_502(api: Client, scorer: Scorer) -> None:
    scorer.error = {"errorType": "ModelUnusable", "errorMessage": "the model is damaged"}
    answer = api.post("/predict/line_yield", {"rows": [{}]})
    assert answer.status == 502
    assert "the model is damaged" in answer.said["message"]
