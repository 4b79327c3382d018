"""Every type in one template: created, updated and deleted through its handler."""

import io
import json
import urllib.request
import zipfile
from typing import Any
from urllib.error import URLError

import pytest

from local.cloud import Cloud
from local.cloudformation.registry import TYPES
from local.mlflow.server import MlflowServer
from tests.integration.cloud.conftest import Deploy
from tests.integration.cloud.resource_types import resources


@pytest.fixture
def code(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="code-of-everything")
    for word in ("first", "second"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("handler.py", f"def handle(event, context): return '{word}'")
        s3.put_object(Bucket="code-of-everything", Key=f"{word}.zip", Body=packed.getvalue())


@pytest.fixture
def no_mlflow_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds to start, and other tests look at it."""
    monkeypatch.setattr(MlflowServer, "_start", lambda _server: None)


@pytest.mark.usefixtures("code", "no_mlflow_server")
def test_every_type_is_created_updated_and_deleted(cloud: Cloud, deploy: Deploy) -> None:
    assert {resource["Type"] for resource in resources("first").values()} == set(TYPES)
    stack = deploy(resources("first"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", failures(cloud, stack)
    assert definition(cloud)["States"]["Wait"]["Result"] == "first"
    stack = deploy(resources("second"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", failures(cloud, stack)
    assert definition(cloud)["States"]["Wait"]["Result"] == "second"
    (function,) = cloud.client("lambda").list_functions()["Functions"]
    assert function["Environment"]["Variables"] == {"WORD": "second"}
    (api,) = cloud.client("apigatewayv2").get_apis()["Items"]
    assert api["Name"] == "second"
    with urllib.request.urlopen(f"{api['ApiEndpoint']}/anything") as answer:
        assert json.loads(answer.read()) == "second"
    (table,) = cloud.client("dynamodb").list_tables()["TableNames"]
    (index,) = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "second"
    cloud.client("cloudformation").delete_stack(StackName=stack["StackName"])
    (deleted,) = [
        summary
        for summary in cloud.client("cloudformation").list_stacks()["StackSummaries"]
        if summary["StackName"] == stack["StackName"]
    ]
    assert deleted["StackStatus"] == "DELETE_COMPLETE", failures(cloud, stack)
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []
    with pytest.raises(URLError):
        urllib.request.urlopen(api["ApiEndpoint"])


def definition(cloud: Cloud) -> dict[str, Any]:
    (machine,) = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    described = cloud.client("stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])
    return json.loads(described["definition"])  # type: ignore[no-any-return]


def failures(cloud: Cloud, stack: dict[str, Any]) -> list[str]:
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack["StackId"])["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
