"""`retrain_many` as Step Functions runs it; the test stands in for Dispatch."""

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.compute.world import World, until

ROOT = Path(__file__).resolve().parents[3]
SUMMARIZE = """
def handler(event, context):
    return {"results": event["results"], "told": len(event["results"])}
"""


@dataclass
class Many:
    """The machine, and the queue on which its requests arrive."""

    world: World
    machine: str
    requests_url: str

    def start(self, event: Any) -> str:
        return self.world.start(self.machine, event)

    def requests(self, count: int) -> list[dict[str, Any]]:
        """The next requests, as Dispatch gets them."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            found.extend(json.loads(body) for body in self.world.receive(self.requests_url))
            return len(found) >= count

        until(arrived)
        return found

    def answer(self, request: dict[str, Any], **result: Any) -> None:
        detail = request["detail"]
        output = json.dumps({"dataset": detail["dataset"], **result})
        self.world.client("stepfunctions").send_task_success(taskToken=detail["task_token"], output=output)

    def results(self, execution: str) -> list[dict[str, Any]]:
        ended = self.world.ended(execution)
        assert ended["status"] == "SUCCEEDED", ended
        output = json.loads(ended["output"])
        assert list(output) == ["results"]
        return list(output["results"])


@pytest.fixture
def many(world: World, request: pytest.FixtureRequest) -> Many:
    definition = (ROOT / "statemachines" / "retrain_many.asl.json").read_text()
    own = f"arn:aws:states:us-east-1:123456789012:stateMachine:{uuid.uuid4().hex[:8]}"
    for name, value in {"StateMachineArn": own, "SummarizeRuns": world.function(SUMMARIZE)}.items():
        definition = definition.replace(f"${{{name}}}", value)
    for short, long in getattr(request, "param", {}).items():
        definition = definition.replace(long, short)
    machine = world.client("stepfunctions").create_state_machine(
        name=f"many-{uuid.uuid4().hex[:8]}", definition=definition, roleArn=world.role
    )["stateMachineArn"]
    url, arn = world.queue(VisibilityTimeout="60")
    pattern = (ROOT / "events" / "run-requested.pattern.json").read_text().replace("${StateMachineArn}", own)
    rule = f"requests-{uuid.uuid4().hex[:8]}"
    world.client("events").put_rule(Name=rule, EventPattern=pattern)
    world.client("events").put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    return Many(world, machine, url)


def test_each_item_is_requested_and_the_results_come_in_the_order_of_the_items(many: Many) -> None:
    execution = many.start({"itemList": ["next_purchase", "line_yield"], "reason": "new prices"})
    requests = many.requests(2)
    assert {each["detail"]["dataset"] for each in requests} == {"next_purchase", "line_yield"}
    assert {each["detail"]["reason"] for each in requests} == {"new prices"}
    assert {each["detail"]["kind"] for each in requests} == {"many"}
    assert len({each["detail"]["request_id"] for each in requests}) == 1
    for each in sorted(requests, key=lambda found: found["detail"]["dataset"]):
        status = "FAILED" if each["detail"]["dataset"] == "line_yield" else "SUCCEEDED"
        many.answer(each, status=status, reason="r")
    found = many.results(execution)
    assert [(each["dataset"], each["status"]) for each in found] == [
        ("next_purchase", "SUCCEEDED"),
        ("line_yield", "FAILED"),
    ]


def test_at_most_ten_runs_are_asked_for_at_once(many: Many) -> None:
    execution = many.start({"itemList": [f"d{number}" for number in range(12)]})
    first = many.requests(10)
    assert len(first) == 10
    assert many.world.receive(many.requests_url) == []
    for each in first:
        many.answer(each, status="SUCCEEDED", reason="r")
    for each in many.requests(2):
        many.answer(each, status="SUCCEEDED", reason=each["detail"]["reason"])
    found = many.results(execution)
    assert [each["dataset"] for each in found] == [f"d{number}" for number in range(12)]
    assert found[-1]["reason"] == "no reason given"


@pytest.mark.parametrize("event", [{}, {"itemList": []}, {"itemList": "next_purchase"}, {"itemList": {"a": 1}}])
def test_an_item_list_that_lists_nothing_has_no_results_and_is_summarized(many: Many, event: Any) -> None:
    assert many.results(many.start(event)) == []


@pytest.mark.parametrize("many", [{'"TimeoutSeconds": 1': '"TimeoutSeconds": 1209600'}], indirect=True)
def test_a_run_that_nobody_answers_for_in_time_is_a_result_too_and_stops_no_other(many: Many) -> None:
    execution = many.start({"itemList": ["slow", 5, "quick"], "reason": "r"})
    for each in many.requests(3):
        if each["detail"]["dataset"] == "quick":
            many.answer(each, status="SUCCEEDED", reason="r")
    slow, odd, quick = many.results(execution)
    assert (slow["dataset"], slow["status"], quick["status"]) == ("slow", "NO_RESULT", "SUCCEEDED")
    assert "States.Timeout" in slow["reason"]
    assert odd["dataset"] == 5


def test_a_token_is_answered_once_and_then_nobody_waits(many: Many) -> None:
    execution = many.start({"itemList": ["a"], "reason": "r"})
    (request,) = many.requests(1)
    many.answer(request, status="SUCCEEDED", reason="first")
    assert many.results(execution)[0]["reason"] == "first"
    client = many.world.client("stepfunctions")
    gone = (client.exceptions.TaskTimedOut, client.exceptions.TaskDoesNotExist, client.exceptions.InvalidToken)
    with pytest.raises(gone):
        many.answer(request, status="SUCCEEDED", reason="second")
