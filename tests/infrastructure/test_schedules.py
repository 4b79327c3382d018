"""Timers and schedules: they send to the arrivals queue, what Dispatch can read, and nowhere else."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template as Synthesized

from cdk_app.components.schedules import Schedules
from evergreen.arrivals import Arrival, arrival_of
from evergreen.contracts import Contracts, DatasetFolder
from tests.infrastructure.template import Template, role_of, text, texts

TICK = "2026-03-02T06:00:00Z"


def test_the_schedulers_role_may_send_to_our_queues_and_is_for_our_group_only(template: Template) -> None:
    name, role = template.named("AWS::IAM::Role", "Schedules")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    conditions = trust["Condition"]["StringEquals"]
    assert text(conditions["aws:SourceAccount"]) == "${AWS::AccountId}"
    group, properties = template.one("AWS::Scheduler::ScheduleGroup")
    assert text(conditions["aws:SourceArn"]).endswith(f":schedule-group/{properties['Name']}")
    (sending,) = template.statements_of(name)
    assert sending.actions == ["sqs:SendMessage"]
    assert sorted(sending.resources) == sorted(
        f"${{{queue}.Arn}}" for queue in template.of("AWS::SQS::Queue") if queue.startswith("Arrivals")
    )
    _, dispatch = template.function("dispatch")
    assert text(dispatch["Environment"]["Variables"]["SCHEDULE_GROUP"]) == f"${{{group}}}"
    assert text(dispatch["Environment"]["Variables"]["SCHEDULER_ROLE_ARN"]) == f"${{{name}.Arn}}"


def test_dispatch_makes_schedules_in_our_group_and_never_changes_one(template: Template) -> None:
    group, _ = template.one("AWS::Scheduler::ScheduleGroup")
    _, dispatch = template.function("dispatch")
    statements = [
        each
        for each in template.statements()
        if any(action.startswith("scheduler:") for action in each.actions if each.allows)
    ]
    (making,) = statements
    assert making.actions == ["scheduler:CreateSchedule"]
    (timers,) = making.resources
    assert timers.endswith(f":schedule/${{{group}}}/*")
    assert making in template.statements_of(role_of(dispatch))


@pytest.fixture(scope="module")
def scheduled(contracts: Contracts) -> Template:
    """The schedules of two contracts, of which one states one."""
    stated = {"cron": "0 6 ? * MON *", "timezone": "Europe/Berlin", "jitter_minutes": 15}
    folders: dict[str, DatasetFolder] = {}
    for dataset, schedule in (("line_yield", stated), ("next_purchase", None)):
        folder = contracts[dataset]
        contract = type(folder.contract).model_validate(
            {
                **folder.contract.model_dump(by_alias=True, exclude_none=True),
                **({"schedule": schedule} if schedule else {}),
            }
        )
        folders[dataset] = DatasetFolder(contract=contract, sql=folder.sql)
    stack = cdk.Stack(cdk.App(), "Evergreen")
    queue, dead_letters = sqs.Queue(stack, "Queue"), sqs.Queue(stack, "DeadLetters")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:retrain"
    Schedules(
        stack, "Schedules", contracts=Contracts(folders), queue=queue, dead_letters=dead_letters, machine_arn=machine
    )
    document: dict[str, Any] = Synthesized.from_stack(stack).to_json()
    return Template(document)


def test_each_contract_that_states_a_schedule_has_one(scheduled: Template) -> None:
    group, _ = scheduled.one("AWS::Scheduler::ScheduleGroup")
    queue, _ = scheduled.named("AWS::SQS::Queue", "Queue")
    _, schedule = scheduled.one("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 6 ? * MON *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert text(schedule["GroupName"]) == f"${{{group}}}"
    assert text(schedule["Target"]["Arn"]) == f"${{{queue}.Arn}}"
    assert "DeadLetterConfig" in schedule["Target"]
    assert schedule.get("State", "ENABLED") == "ENABLED"


def test_dispatch_reads_what_a_schedule_sends_the_same_for_every_attempt(scheduled: Template) -> None:
    _, schedule = scheduled.one("AWS::Scheduler::Schedule")
    (said,) = texts(schedule["Target"]["Input"])
    assert "<aws.scheduler.execution-id>" not in said, "another attempt has another id"
    event = json.loads(said.replace("<aws.scheduler.scheduled-time>", TICK))
    arrival = arrival_of(event, frozenset({"line_yield"}))
    assert isinstance(arrival, Arrival)
    assert (arrival.kind, arrival.dataset, arrival.at) == ("schedule", "line_yield", TICK)
    assert arrival == arrival_of(event, frozenset({"line_yield"}))
    assert TICK in arrival.cause
