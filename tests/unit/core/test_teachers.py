"""The contract's teachers: where they make sense, and which runs they are for."""

from typing import Any

import pytest

from evergreen.contract import Contract
from evergreen.manifest import ChampionModel
from functions.pin_inputs.collecting import collects
from tests.unit.core.test_contract import faults

CHAMPION = ChampionModel(run_id="r0", model_key="runs/failures/r0/model.tar.gz")


@pytest.fixture
def taught(table: dict[str, Any]) -> dict[str, Any]:
    """A table whose items can be taught."""
    columns = {**table["input"]["columns"], "item": {"type": "text", "required": True}}
    return {**table, "entity": "item", "teachers": {}, "input": {"columns": columns, "arrives": "append"}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"entity": None}, "teachers: needs an entity, by which inference logs name their items"),
        ({"teachers": {"weight": 1}}, "teachers.weight: Input should be less than 1"),
        ({"teachers": {"confidence": 0.4}}, "teachers.confidence: Input should be greater than or equal to 0.5"),
        ({"teachers": {"min_agreement": 1.1}}, "teachers.min_agreement"),
        (
            {"task": "regression", "target": {"column": "speed"}},
            "teachers: two models can agree on a label only, so they are for task binary or multiclass",
        ),
    ],
)
def test_what_cannot_be_taught_is_refused_with_the_reason(
    taught: dict[str, Any], change: dict[str, Any], told: str
) -> None:
    Contract.model_validate(taught)
    assert told in faults(taught | change)


def test_rows_that_replace_each_other_take_no_recent_items(taught: dict[str, Any]) -> None:
    taught["input"]["arrives"] = "replace"
    assert "teachers: needs arrives: append" in faults(taught)


def test_a_column_that_no_log_need_bring_cannot_be_required(taught: dict[str, Any]) -> None:
    taught["input"]["columns"]["line"] = {"type": "text", "required": True, "feature": False}
    assert "teachers: 'line' is required and no feature" in faults(taught)


@pytest.mark.parametrize(
    ("teachers", "asked_by", "champion", "wanted"),
    [
        ({}, ("alarm",), CHAMPION, True),
        ({}, ("alarm", "object"), CHAMPION, True),
        ({}, ("object",), CHAMPION, False),
        ({}, ("manual",), CHAMPION, False),
        ({"always": True}, ("object",), CHAMPION, True),
        ({"always": True}, ("alarm",), None, False),
        (None, ("alarm",), CHAMPION, False),
    ],
)
def test_recent_items_are_for_runs_that_an_alarm_or_the_contract_asks_for(
    taught: dict[str, Any],
    teachers: dict[str, Any] | None,
    asked_by: tuple[str, ...],
    champion: ChampionModel | None,
    wanted: bool,
) -> None:
    contract = Contract.model_validate({**taught, "teachers": teachers})
    assert collects(contract, asked_by, champion) is wanted
