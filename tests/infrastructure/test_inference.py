"""Inference logs: who hears of them, who measures them, and what that one may do."""

from typing import Any

import pytest

from tests.infrastructure.template import Statement, Template, role_of, text
from tests.infrastructure.test_arrivals import matches, rule, sample


@pytest.fixture(scope="module")
def function(template: Template) -> tuple[str, dict[str, Any]]:
    return template.image_function("measure_yield.handler")


@pytest.fixture(scope="module")
def may(template: Template, function: tuple[str, dict[str, Any]]) -> list[Statement]:
    return template.statements_of(role_of(function[1]))


def test_a_log_goes_to_its_own_queue_and_what_cannot_be_sent_to_its_own_dead_letters(template: Template) -> None:
    queue, properties = template.named("AWS::SQS::Queue", "InferenceQueue")
    dead, _ = template.named("AWS::SQS::Queue", "InferenceDeadLetters")
    (target,) = rule(template, "inference-dropped")["Targets"]
    assert text(target["Arn"]) == f"${{{queue}.Arn}}"
    assert text(target["DeadLetterConfig"]["Arn"]) == f"${{{dead}.Arn}}"
    assert text(properties["RedrivePolicy"]["deadLetterTargetArn"]) == f"${{{dead}.Arn}}"


def test_a_log_asks_for_no_run_and_a_dropped_file_is_no_log(template: Template) -> None:
    assert not matches(template, "object-dropped", sample("inference-dropped"))
    assert not matches(template, "inference-dropped", sample("object-dropped"))


def test_measure_yield_reads_its_queue_and_tells_apart_what_failed(
    template: Template, function: tuple[str, dict[str, Any]]
) -> None:
    queue, properties = template.named("AWS::SQS::Queue", "InferenceQueue")
    _, mapping = template.named("AWS::Lambda::EventSourceMapping", "Inference")
    assert text(mapping["EventSourceArn"]) == f"${{{queue}.Arn}}"
    assert text(mapping["FunctionName"]) == f"${{{function[0]}}}"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["VisibilityTimeout"] >= 6 * function[1]["Timeout"]


@pytest.mark.parametrize(
    ("action", "key", "permitted"),
    [
        ("s3:GetObjectVersion", "inference/d/a.csv", True),
        ("s3:GetObject", "observed/d/items/2026-03-01/v.parquet", True),
        ("s3:PutObject", "observed/d/series.json", True),
        ("s3:PutObject", "quarantine/d/inference/v/rejected.csv", True),
        ("s3:GetObject", "incoming/d/a.csv", False),
        ("s3:PutObject", "inference/d/a.csv", False),
        ("s3:PutObject", "incoming/d/a.csv", False),
        ("s3:PutObject", "quarantine/d/r/rejected.csv", False),
        ("s3:DeleteObject", "observed/d/items/2026-03-01/v.parquet", False),
    ],
)
def test_it_reads_logs_and_writes_what_it_observed(
    template: Template, may: list[Statement], action: str, key: str, permitted: bool
) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    assert any(each.permits(action, f"${{{bucket}.Arn}}/{key}") for each in may) is permitted


def test_it_may_neither_start_a_run_nor_tell_people(may: list[Statement]) -> None:
    assert {action.split(":")[0] for each in may for action in each.actions} == {"s3", "sqs", "logs", "xray"}
    assert "sqs:SendMessage" not in {action for each in may for action in each.actions}


@pytest.mark.parametrize(
    ("action", "key", "permitted"),
    [
        ("s3:GetObject", "runs/d/r/predictions/part-00000.csv.out", True),
        ("s3:PutObject", "inference/d/batch/r/part-00000.csv.gz", True),
        ("s3:PutObject", "inference/d/a.csv", False),
        ("s3:PutObject", "inference/d/api/2026-01-01/a.jsonl", False),
        ("s3:PutObject", "runs/d/r/predictions/part-00000.csv.out", False),
        ("s3:GetObject", "inference/d/a.csv", False),
        ("s3:GetObject", "incoming/d/a.csv", False),
        ("s3:DeleteObject", "inference/d/batch/r/part-00000.csv.gz", False),
    ],
)
def test_what_a_run_scored_is_written_as_logs_of_its_own_and_nowhere_else(
    template: Template, action: str, key: str, permitted: bool
) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    log_scores = template.statements_of(role_of(template.image_function("log_scores.handler")[1]))
    assert any(each.permits(action, f"${{{bucket}.Arn}}/{key}") for each in log_scores) is permitted
    assert {name.split(":")[0] for each in log_scores for name in each.actions} == {"s3", "logs", "xray"}
