"""Rules, queue and dead letters: nothing that asks for a run may get lost on its way to Dispatch."""

import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from cdk_app.patterns import parts, substitute
from evergreen.arrivals import AlarmCleared, Arrival, ExecutionEnded, arrival_of
from evergreen.layout import OWN_PREFIXES
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Template, role_of, text, texts

SAMPLES = {path.name.removesuffix(".sample.json"): path for path in (ROOT / "events").glob("*.sample.json")}
PATTERNS = {path.name.removesuffix(".pattern.json"): path for path in (ROOT / "events").glob("*.pattern.json")}
FOR_DISPATCH = set(PATTERNS) - {"inference-dropped", "yield-measured"}


@pytest.fixture(scope="module")
def queue(template: Template) -> tuple[str, dict[str, Any]]:
    return template.named("AWS::SQS::Queue", "ArrivalsQueue")


@pytest.fixture(scope="module")
def dead_letters(template: Template) -> tuple[str, dict[str, Any]]:
    return template.named("AWS::SQS::Queue", "ArrivalsDeadLetters")


def rule(template: Template, name: str) -> dict[str, Any]:
    (found,) = (
        each
        for each in template.of("AWS::Events::Rule").values()
        if each["Description"] == f"events/{name}.pattern.json"
    )
    return found


def matches(template: Template, name: str, event: dict[str, Any]) -> bool:
    """Whether EventBridge would hand the event on by the deployed rule."""
    bucket, _ = template.one("AWS::S3::Bucket")
    machine, _ = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    ours = sample("object-dropped")["detail"]["bucket"]["name"], sample("run-ended")["detail"]["stateMachineArn"]
    known = {f"${{{bucket}}}": ours[0], f"${{{machine}}}": ours[1]}
    pattern = _resolved(rule(template, name)["EventPattern"], known)
    return bool(EventPattern(None, pattern).matches_event(event))


def _resolved(node: Any, known: dict[str, str]) -> Any:
    match node:
        case {"Ref": _}:
            return known[text(node)]
        case dict():
            return {key: _resolved(value, known) for key, value in node.items()}
        case list():
            return [_resolved(each, known) for each in node]
        case _:
            return node


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(Path(SAMPLES[name]).read_text())
    return event


def test_every_pattern_has_a_rule_and_a_sample(template: Template) -> None:
    assert (
        set(PATTERNS)
        == set(SAMPLES)
        == {
            "inference-dropped",
            "object-dropped",
            "run-ended",
            "run-requested",
            "yield-low",
            "yield-measured",
        }
    )
    described = {each["Description"] for each in template.of("AWS::Events::Rule").values()}
    assert described == {f"events/{name}.pattern.json" for name in PATTERNS}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_sample_event_is_let_through_by_its_own_rule_only(template: Template, name: str) -> None:
    assert [other for other in sorted(PATTERNS) if matches(template, other, sample(name))] == [name]


@pytest.mark.parametrize("name", sorted(FOR_DISPATCH))
def test_each_sample_event_can_be_read_by_dispatch(name: str) -> None:
    read = arrival_of(sample(name), frozenset({"next_purchase"}))
    assert isinstance(read, ExecutionEnded if name == "run-ended" else Arrival)
    assert read.dataset == "next_purchase"


@pytest.mark.parametrize("prefix", OWN_PREFIXES)
def test_what_evergreen_writes_itself_asks_for_no_run(template: Template, prefix: str) -> None:
    event = sample("object-dropped")
    event["detail"]["object"]["key"] = f"{prefix}next_purchase/r/a.csv"
    assert not matches(template, "object-dropped", event)


def test_a_misplaced_file_reaches_dispatch_so_that_somebody_is_told(template: Template) -> None:
    event = sample("object-dropped")
    event["detail"]["object"]["key"] = "elsewhere/a.csv"
    assert matches(template, "object-dropped", event)


def test_a_file_in_a_bucket_of_others_is_none_of_our_business(template: Template) -> None:
    event = sample("object-dropped")
    event["detail"]["bucket"]["name"] = "somebody-elses"
    assert not matches(template, "object-dropped", event)


def test_dispatch_hears_of_an_alarm_when_it_rises_and_when_it_falls_and_not_when_it_sees_too_little(
    template: Template,
) -> None:
    event = sample("yield-low")
    event["detail"]["state"]["value"] = "OK"
    assert matches(template, "yield-low", event)
    assert isinstance(arrival_of(event, frozenset({"next_purchase"})), AlarmCleared)
    event["detail"]["state"]["value"] = "INSUFFICIENT_DATA"
    assert not matches(template, "yield-low", event)


def test_a_measured_yield_is_looked_at_by_the_watch_which_that_rule_alone_may_invoke(template: Template) -> None:
    function, _ = template.function("watch_yield")
    (target,) = rule(template, "yield-measured")["Targets"]
    assert text(target["Arn"]) == f"${{{function}.Arn}}"
    permissions = [each for each in template.of("AWS::Lambda::Permission").values() if function in str(each)]
    (may,) = permissions
    assert may["Principal"] == "events.amazonaws.com"
    assert "Measured" in text(may["SourceArn"])
    event = sample("yield-measured")
    event["detail"]["object"]["key"] = "observed/next_purchase/items/2026-03-01/x.parquet"
    assert not matches(template, "yield-measured", event)


def test_an_alarm_of_others_asks_for_no_run(template: Template) -> None:
    event = sample("yield-low")
    for other in ("ServerCpuTooHigh", "Evergreen-staging-next_purchase-observed-yield"):  # of a stack Evergreen-staging
        event["detail"]["alarmName"] = other
        assert not matches(template, "yield-low", event)


def test_alarms_on_a_yield_ask_for_a_run_by_their_own_names(template: Template) -> None:
    alarms = {each.get("AlarmName") for each in template.of("AWS::CloudWatch::Alarm").values()}
    named = set(rule(template, "yield-low")["EventPattern"]["detail"]["alarmName"])
    assert {name for name in alarms if name and name.endswith("-observed-yield")} <= named <= alarms


def test_names_too_many_for_one_pattern_make_several_and_none_make_no_rule() -> None:
    names = [f"Evergreen-data_set_{number:03}-observed-yield" for number in range(100)]
    found = list(parts(names))
    assert [name for part in found for name in part] == names
    patterns = [substitute({"detail": {"alarmName": ["${Names}"]}}, {}, {"Names": part}) for part in found]
    assert all(len(json.dumps(pattern)) < 1_900 for pattern in patterns)
    assert list(parts([])) == []


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_frees_its_lease_however_it_ends(template: Template, status: str) -> None:
    event = sample("run-ended")
    event["detail"]["status"] = status
    assert matches(template, "run-ended", event)


def test_a_run_that_only_began_and_one_of_another_machine_free_nothing(template: Template) -> None:
    began, other = sample("run-ended"), sample("run-ended")
    began["detail"]["status"] = "RUNNING"
    other["detail"]["stateMachineArn"] += "-of-others"
    assert not matches(template, "run-ended", began)
    assert not matches(template, "run-ended", other)


def test_a_request_to_another_deployment_of_the_account_is_not_taken_here(template: Template) -> None:
    event = sample("run-requested")
    event["resources"] = ["arn:aws:states:us-east-1:123456789012:stateMachine:another"]
    assert not matches(template, "run-requested", event)


def test_every_rule_sends_to_the_queue_and_what_cannot_be_sent_to_the_dead_letters(
    template: Template, queue: tuple[str, Any], dead_letters: tuple[str, Any]
) -> None:
    for each in (rule(template, name) for name in sorted(FOR_DISPATCH)):
        (target,) = each["Targets"]
        assert text(target["Arn"]) == f"${{{queue[0]}.Arn}}"
        assert text(target["DeadLetterConfig"]["Arn"]) == f"${{{dead_letters[0]}.Arn}}"
        assert each.get("State", "ENABLED") == "ENABLED"


def test_each_queue_takes_messages_from_exactly_our_rules(template: Template) -> None:
    rules = template.of("AWS::Events::Rule")
    policies = {texts(each["Queues"])[0]: each for each in template.of("AWS::SQS::QueuePolicy").values()}
    for name in (each for each in template.of("AWS::SQS::Queue") if each.startswith("Arrivals")):
        sources = []
        for statement in policies[f"${{{name}}}"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Principal"] == {"Service": "events.amazonaws.com"}
                assert statement["Action"] == "sqs:SendMessage"
                assert text(statement["Resource"]) == f"${{{name}.Arn}}"
                (condition,) = statement["Condition"].items()
                assert condition[0] == "ArnEquals"
                sources += texts(condition[1]["aws:SourceArn"])
        ours = [rule for rule, each in rules.items() if f"'{name}'" in str(each["Targets"])]
        assert sorted(sources) == sorted(f"${{{rule}.Arn}}" for rule in ours), name


def test_a_message_comes_again_after_dispatch_had_time_and_at_last_becomes_a_dead_letter(
    template: Template, queue: tuple[str, dict[str, Any]], dead_letters: tuple[str, dict[str, Any]]
) -> None:
    _, dispatch = template.function("dispatch")
    redrive = queue[1]["RedrivePolicy"]
    assert queue[1]["VisibilityTimeout"] >= 6 * dispatch["Timeout"]
    assert text(redrive["deadLetterTargetArn"]) == f"${{{dead_letters[0]}.Arn}}"
    assert redrive["maxReceiveCount"] >= 5, "Lambda's guide: throttles count as receives"
    assert dead_letters[1]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_queues_are_encrypted(template: Template) -> None:
    for name, each in template.of("AWS::SQS::Queue").items():
        assert each["SqsManagedSseEnabled"] is True, name


def test_dispatch_reads_the_queue_and_tells_apart_what_failed(template: Template, queue: tuple[str, Any]) -> None:
    _, mapping = template.named("AWS::Lambda::EventSourceMapping", "Arrivals")
    name, dispatch = template.function("dispatch")
    assert text(mapping["EventSourceArn"]) == f"${{{queue[0]}.Arn}}"
    assert text(mapping["FunctionName"]) == f"${{{name}}}"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 1, "what takes the function down would take the events beside it along"
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        may = template.statements_of(role_of(dispatch))
        assert any(each.permits(action, f"${{{queue[0]}.Arn}}") for each in may), action


def test_dispatch_may_start_the_workflow_and_nothing_else(template: Template) -> None:
    machine, _ = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    _, dispatch = template.function("dispatch")
    starting = [each for each in template.statements_of(role_of(dispatch)) if "states:StartExecution" in each.actions]
    assert [each.resources for each in starting] == [[f"${{{machine}}}"]]
