"""The HTTP API: only signed calls, all to one function, which reads much and writes counts alone."""

import json
from typing import Any

import pytest

from tests.infrastructure.template import Statement, Template, role_of, text


@pytest.fixture(scope="module")
def may(template: Template) -> list[Statement]:
    return template.statements_of(role_of(template.function("api")[1]))


def test_every_call_is_signed_and_goes_to_the_function(template: Template) -> None:
    api, properties = template.one("AWS::ApiGatewayV2::Api")
    integration, calls = template.one("AWS::ApiGatewayV2::Integration")
    _, route = template.one("AWS::ApiGatewayV2::Route")
    function, settings = template.function("api")
    assert properties["ProtocolType"] == "HTTP"
    assert (route["RouteKey"], route["AuthorizationType"]) == ("$default", "AWS_IAM")
    assert text(route["Target"]) == f"integrations/${{{integration}}}"
    assert text(calls["IntegrationUri"]) == f"${{{function}.Arn}}"
    assert calls["PayloadFormatVersion"] == "2.0"
    assert settings["Timeout"] * 1000 < calls["TimeoutInMillis"] <= 30_000, "the most that API Gateway waits"
    assert text(route["ApiId"]) == text(calls["ApiId"]) == f"${{{api}}}"


def test_only_this_api_may_invoke_the_function(template: Template) -> None:
    api, _ = template.one("AWS::ApiGatewayV2::Api")
    function, _ = template.function("api")
    (allowed,) = (
        each
        for each in template.of("AWS::Lambda::Permission").values()
        if each["Principal"] == "apigateway.amazonaws.com"
    )
    assert text(allowed["FunctionName"]) == f"${{{function}}}"
    assert f":${{{api}}}/" in text(allowed["SourceArn"])


def test_calls_are_throttled_and_logged_without_bodies(template: Template) -> None:
    _, stage = template.one("AWS::ApiGatewayV2::Stage")
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 1000
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0
    log, _ = template.named("AWS::Logs::LogGroup", "AccessLog")
    assert text(stage["AccessLogSettings"]["DestinationArn"]) == f"${{{log}.Arn}}"
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"$context.status", "$context.requestId"} <= set(logged.values())


def test_it_reads_and_adds_to_counts_and_writes_nothing_else(template: Template, may: list[Statement]) -> None:
    writes = [each for each in may for action in each.actions if action in ("dynamodb:UpdateItem", "dynamodb:PutItem")]
    (counts,) = writes
    assert counts.conditions == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["METRICS"]}}
    assert counts.actions == ["dynamodb:UpdateItem"]
    bucket = {action for each in may for action in each.actions if action.startswith("s3:")}
    assert bucket == {"s3:GetObject", "s3:ListBucket", "s3:ListBucketVersions"}


def test_scoring_reads_champions_and_their_contracts_asks_endpoints_and_writes_inference_logs_alone(
    template: Template,
) -> None:
    predict, properties = template.image_function("predict_rows")
    actions = {action for each in template.statements_of(role_of(properties)) for action in each.actions}
    own = {action for action in actions if not action.startswith(("logs:", "xray:"))}
    stores = {"dynamodb:GetItem", "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}
    assert own == {*stores, "sagemaker:InvokeEndpoint"}
    bucket, _ = template.one("AWS::S3::Bucket")
    may = template.statements_of(role_of(properties))
    for key, permitted in (
        ("inference/d/api/2026-01-01/a.jsonl", True),
        ("inference/d/a.csv", False),
        ("runs/a", False),
    ):
        assert any(each.permits("s3:PutObject", f"${{{bucket}.Arn}}/{key}") for each in may) is permitted, key
    invokes: list[Any] = [
        each for each in template.statements() if each.allows and "lambda:InvokeFunction" in each.actions
    ]
    assert any(each.resources == [f"${{{predict}.Arn}}"] for each in invokes)
    assert properties["Timeout"] < template.function("api")[1]["Timeout"]
