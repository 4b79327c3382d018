"""An HTTP API answers on a port of its own, as API Gateway would in front of the same function."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.compute.world import World

ECHO = """
import base64
def handler(event, context):
    if event["rawPath"] == "/fail":
        raise ValueError("no")
    if event["rawPath"] == "/plain":
        return {"rows": 2}
    if event["rawPath"] == "/bytes":
        return {"statusCode": 201, "body": base64.b64encode(b"\\x00\\xff").decode(), "isBase64Encoded": True,
                "headers": {"content-type": "image/png"}}
    import json
    return {"statusCode": 200, "headers": {"Content-Type": "application/json", "X-Own": "1"}, "body": json.dumps(event)}
"""


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    gateway, function = world.client("apigatewayv2"), world.function(ECHO)
    arn = world.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    made = gateway.create_api(Name="echo", ProtocolType="HTTP")
    of = {"ApiId": made["ApiId"]}
    integration = gateway.create_integration(
        **of, IntegrationType="AWS_PROXY", IntegrationUri=arn, IntegrationMethod="POST", PayloadFormatVersion="2.0"
    )
    gateway.create_route(**of, RouteKey="$default", Target=f"integrations/{integration['IntegrationId']}")
    gateway.create_stage(**of, StageName="$default", AutoDeploy=True)
    assert gateway.get_api(**of)["ApiEndpoint"] == made["ApiEndpoint"]
    with httpx.Client(base_url=made["ApiEndpoint"]) as client:
        yield client
    gateway.delete_api(**of)
    with pytest.raises(httpx.ConnectError):
        httpx.get(made["ApiEndpoint"])


def test_a_request_becomes_payload_format_2_and_the_answer_a_response(api: httpx.Client) -> None:
    answer = api.post(
        "/predict/a%20b%2Fc?x=1&x=2&y=", content=b'{"rows": []}', headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.headers["X-Own"]) == (200, "1")
    event: dict[str, Any] = answer.json()
    assert (event["version"], event["routeKey"], event["requestContext"]["stage"]) == ("2.0", "$default", "$default")
    assert (event["rawPath"], event["rawQueryString"]) == ("/predict/a b/c", "x=1&x=2&y=")
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["headers"]["content-type"] == "application/json"
    assert (json.loads(event["body"]), event["isBase64Encoded"]) == ({"rows": []}, False)


def test_bytes_go_through_as_base64_both_ways(api: httpx.Client) -> None:
    event = api.post("/", content=b"\x00\xff", headers={"Content-Type": "application/octet-stream"}).json()
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)
    answer = api.get("/bytes")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (201, b"\x00\xff", "image/png")


def test_an_answer_without_a_status_is_a_body_of_json(api: httpx.Client) -> None:
    assert api.get("/plain").json() == {"rows": 2}


def test_a_function_that_fails_is_a_500_without_its_reason(api: httpx.Client) -> None:
    answer = api.get("/fail")
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})


def test_a_body_that_is_too_large_is_413(api: httpx.Client) -> None:
    answer = api.post("/", content=b"x" * 7_000_000, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 413
