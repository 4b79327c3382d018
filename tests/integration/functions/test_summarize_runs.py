from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import World

Function = Callable[[str], Handler]
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:retrain-many:e"


def asked(results: list[dict[str, Any]], **given: Any) -> dict[str, Any]:
    return {"execution_id": EXECUTION, "asked": given, "results": results}


def test_all_runs_are_told_of_in_one_notice_and_handed_on(world: World, function: Function) -> None:
    results = [
        {"dataset": "a", "run_id": "a-00001-3f2a9c81", "status": "SUCCEEDED", "verdict": "KEEP", "reason": "worse"},
        {"dataset": 5, "status": "NO_RESULT", "reason": '{"Error":"States.Timeout"}'},
    ]
    handed_on = function("summarize_runs")(asked(results, itemList=["a", 5], reason="monthly"))["results"]
    assert [(each["dataset"], each["status"]) for each in handed_on] == [("a", "SUCCEEDED"), ("5", "NO_RESULT")]
    (notice,) = world.aws.notices()
    assert notice["notification_id"] == EXECUTION
    assert (notice["dataset"], notice["kind"]) == ("retrain_many", "RUNS_SUMMARIZED")
    assert "- a: SUCCEEDED (KEEP). worse [a-00001-3f2a9c81]" in notice["body"]
    assert "- 5: NO_RESULT." in notice["body"]


def test_nothing_to_summarize_is_told_too(world: World, function: Function) -> None:
    assert function("summarize_runs")(asked([], itemList="a")) == {"results": []}
    (notice,) = world.aws.notices()
    assert "nothing was retrained" in notice["body"]


def test_a_result_without_a_status_is_refused(world: World, function: Function) -> None:
    with pytest.raises(ValidationError):
        function("summarize_runs")(asked([{"dataset": "a", "reason": "r"}]))
    assert world.aws.notices() == []
