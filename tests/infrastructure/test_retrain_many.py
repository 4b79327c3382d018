"""`retrain_many`: asks as everybody asks, waits for each answer, and one that fails stops no other."""

import re
from typing import Any

import pytest

from evergreen.arrivals import Arrival, arrival_of
from evergreen.requests import DETAIL_TYPE, SOURCE, RunRequest
from evergreen.results import RunResult
from tests.infrastructure.template import Template, role_of, text
from tests.infrastructure.workflow import Workflow, fill, strings

RETRAIN = "arn:aws:states:us-east-1:123456789012:stateMachine:retrain"


@pytest.fixture(scope="module")
def machine(template: Template) -> tuple[str, dict[str, Any]]:
    return template.named("AWS::StepFunctions::StateMachine", "RetrainManyMachine")


def test_every_name_to_substitute_is_substituted_and_every_substitution_is_used(
    many: Workflow, machine: tuple[str, dict[str, Any]], template: Template
) -> None:
    written = {name for each in strings(many.definition) for name in re.findall(r"\$\{(\w+)\}", each)}
    substitutions = machine[1]["DefinitionSubstitutions"]
    assert written == set(substitutions)
    retrain, _ = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    summarize, _ = template.function("summarize_runs")
    assert text(substitutions["StateMachineArn"]) == f"${{{retrain}}}"
    assert text(substitutions["SummarizeRuns"]) == f"${{{summarize}.Arn}}"


def test_each_item_is_requested_by_an_event_that_dispatch_can_read(many: Workflow) -> None:
    (item,) = many.within
    values = {
        "${StateMachineArn}": RETRAIN,
        "$.dataset": "line_yield",
        "$.reason": "monthly",
        "$$.Execution.Id": "arn:aws:states:us-east-1:123456789012:execution:many:e",
        "$$.Execution.StartTime": "2026-03-02T09:30:00.000Z",
        "$$.Task.Token": "token",
    }
    (entry,) = fill(item.states["RequestRun"]["Parameters"], values)["Entries"]
    assert (entry["Source"], entry["DetailType"], entry["Resources"]) == (SOURCE, DETAIL_TYPE, [RETRAIN])
    assert RunRequest.model_validate(entry["Detail"]).kind == "many"
    event = {"detail-type": entry["DetailType"], "detail": entry["Detail"], "time": "2026-03-02T09:30:00Z"}
    arrival = arrival_of(event, frozenset({"line_yield"}))
    assert isinstance(arrival, Arrival)
    assert (arrival.dataset, arrival.task_token) == ("line_yield", "token")


def test_whatever_happens_to_one_item_is_its_result_and_every_map_state_ends(many: Workflow) -> None:
    (item,) = many.within
    for name, state in item.tasks.items():
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    assert item.states["NoResult"]["End"] is True
    told = {
        key.removesuffix(".$"): "said" if key.endswith(".$") else value
        for key, value in item.states["NoResult"]["Parameters"].items()
    }
    assert RunResult.model_validate(told).status == "NO_RESULT"
    assert "Fail" not in {state["Type"] for state in item.states.values()}


def test_runs_are_asked_for_a_few_at_once(many: Workflow) -> None:
    assert 2 <= many.states["RetrainEach"]["MaxConcurrency"] <= 40
    assert many.states["RetrainEach"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "INLINE"


def test_a_summary_that_cannot_be_sent_is_a_failed_execution(many: Workflow) -> None:
    (catch,) = many.states["SummarizeRuns"]["Catch"]
    assert many.states[catch["Next"]]["Type"] == "Fail"


def test_it_may_send_requests_and_invoke_its_function_and_start_no_run(
    template: Template, machine: tuple[str, dict[str, Any]]
) -> None:
    may = template.statements_of(role_of(machine[1], "RoleArn"))
    summarize, _ = template.function("summarize_runs")
    assert any(each.permits("lambda:InvokeFunction", f"${{{summarize}.Arn}}") for each in may)
    (putting,) = (each for each in may if "events:PutEvents" in each.actions)
    assert putting.conditions == {"StringEquals": {"events:source": SOURCE, "events:detail-type": DETAIL_TYPE}}
    assert all(resource.endswith(":event-bus/default") for resource in putting.resources)
    assert not [each for each in may if "states:StartExecution" in each.actions]


def test_dispatch_may_answer_it_and_no_other_workflow(template: Template, machine: tuple[str, dict[str, Any]]) -> None:
    _, dispatch = template.function("dispatch")
    answering = [each for each in template.statements_of(role_of(dispatch)) if "states:SendTaskSuccess" in each.actions]
    assert [each.resources for each in answering] == [[f"${{{machine[0]}}}"]]


def test_its_log_holds_no_task_tokens(machine: tuple[str, dict[str, Any]]) -> None:
    assert machine[1]["LoggingConfiguration"]["IncludeExecutionData"] is False


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_its_failure_calls_people(template: Template, machine: tuple[str, dict[str, Any]], metric: str) -> None:
    found = [
        each
        for each in template.of("AWS::CloudWatch::Alarm").values()
        if each["MetricName"] == metric and text(each["Dimensions"][0]["Value"]) == f"${{{machine[0]}}}"
    ]
    (alarm,) = found
    topic, _ = template.one("AWS::SNS::Topic")
    assert [text(action) for action in alarm["AlarmActions"]] == [f"${{{topic}}}"]
