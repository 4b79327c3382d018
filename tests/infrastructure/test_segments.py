"""Segment updates: a queue that keeps the order, dead letters, and what those who use them may do."""

from typing import Any

import pytest

from evergreen.segment_updates import SHARDS
from tests.infrastructure.template import Template, role_of, text


@pytest.fixture(scope="module")
def queue(template: Template) -> tuple[str, dict[str, Any]]:
    return template.named("AWS::SQS::Queue", "SegmentsQueue")


def test_the_order_is_kept_and_what_the_crm_does_not_take_in_an_hour_waits_for_two_weeks(
    template: Template, queue: tuple[str, dict[str, Any]]
) -> None:
    name, letters = template.named("AWS::SQS::Queue", "SegmentsDeadLetters")
    for each in (queue[1], letters):
        assert each["FifoQueue"] is True
        assert each["MessageRetentionPeriod"] == 14 * 24 * 3600
    redrive = queue[1]["RedrivePolicy"]
    assert text(redrive["deadLetterTargetArn"]) == f"${{{name}.Arn}}"
    assert sum(min(300, 15 * 2**tries) for tries in range(redrive["maxReceiveCount"])) >= 3000


def test_nobody_but_our_functions_may_send_to_the_queues(template: Template) -> None:
    policies = [name for name in template.of("AWS::SQS::QueuePolicy") if name.startswith("Segments")]
    assert len(policies) == 2
    assert not [each for each in template.statements() if each.policy in policies and each.allows]


def test_hints_of_a_customer_are_handled_one_at_a_time_and_longer_than_the_function_may_take(
    template: Template, queue: tuple[str, dict[str, Any]]
) -> None:
    name, function = template.function("deliver_segments")
    _, mapping = template.named("AWS::Lambda::EventSourceMapping", "Segments")
    assert text(mapping["FunctionName"]) == f"${{{name}}}"
    assert text(mapping["EventSourceArn"]) == f"${{{queue[0]}.Arn}}"
    assert mapping["BatchSize"] == 1, "or one that fails would hold up, or repeat, those beside it"
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": SHARDS}
    assert queue[1]["VisibilityTimeout"] > function["Timeout"]


def test_the_sender_reads_one_secret_and_may_not_touch_registry_or_predictions(template: Template) -> None:
    table, _ = template.named("AWS::DynamoDB::Table", "Segments")
    _, function = template.function("deliver_segments")
    may = [each for each in template.statements_of(role_of(function)) if each.allows]
    (secret,) = (each for each in may if "secretsmanager:GetSecretValue" in each.actions)
    (arn,) = secret.resources
    assert arn.endswith(":secret:evergreen-crm-??????")
    tables = {resource for each in may for resource in each.resources if "Table" in resource or "Storage" in resource}
    assert tables == {f"${{{table}.Arn}}"}


def test_the_comparer_reads_runs_and_hints_and_never_talks_to_the_crm(
    template: Template, queue: tuple[str, dict[str, Any]]
) -> None:
    _, function = template.function("update_segments")
    actions = {action for each in template.statements_of(role_of(function)) for action in each.actions}
    assert "sqs:SendMessage" in actions
    assert not {"sqs:ReceiveMessage", "secretsmanager:GetSecretValue", "events:PutEvents", "s3:PutObject"} & actions
    assert text(function["Environment"]["Variables"]["SEGMENTS_QUEUE_URL"]) == f"${{{queue[0]}}}"
