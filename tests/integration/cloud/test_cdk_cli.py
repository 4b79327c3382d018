"""The real CDK CLI deploys to the laptop cloud, by AWS_ENDPOINT_URL alone."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.cloud.assemblies import write_assembly
from tests.integration.cloud.command import CREDENTIALS, REPOSITORY, RunningCommand
from tests.integration.cloud.conftest import Up

CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"
pytestmark = pytest.mark.cdk_cli


@pytest.fixture
def empty_cloud(up: Up) -> RunningCommand:
    return up("--empty")


def cdk(cloud: RunningCommand, assembly: Path, *arguments: str) -> str:
    assert CDK.exists(), "the CDK CLI is not installed; run `npm ci` in the repository first"
    environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": cloud.endpoint_url, "CI": "1"}
    ended = subprocess.run(
        [CDK, *arguments, "--app", str(assembly)],
        cwd=assembly.parent,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def stacks(cloud: RunningCommand) -> dict[str, str]:
    described = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {stack["StackName"]: stack["StackStatus"] for stack in described}


def test_bootstrap_deploy_update_and_destroy(empty_cloud: RunningCommand, tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path / "app", "Small", "one")
    cdk(empty_cloud, assembly, "bootstrap", "aws://123456789012/us-east-1")
    for word in ("one", "two"):
        printed = cdk(empty_cloud, write_assembly(assembly, "Small", word), "deploy", "--require-approval", "never")
        function = next(line.split(" = ")[1] for line in printed.splitlines() if "Small.Function = " in line)
        answer = empty_cloud.client("lambda").invoke(FunctionName=function.strip(), Payload=b"{}")
        assert answer["Payload"].read().decode() == f'"{word}"'
    assert stacks(empty_cloud) == {"CDKToolkit": "CREATE_COMPLETE", "Small": "UPDATE_COMPLETE"}
    cdk(empty_cloud, assembly, "destroy", "--force")
    assert stacks(empty_cloud) == {"CDKToolkit": "CREATE_COMPLETE"}
    assert [b["Name"] for b in empty_cloud.client("s3").list_buckets()["Buckets"] if "small" in b["Name"]] != []


def make(cloud: RunningCommand, target: str, *arguments: str) -> str:
    environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": cloud.endpoint_url, "CI": "1"}
    command = ["make", target, f"ARGS={' '.join(arguments)}"]
    ended = subprocess.run(
        command, cwd=REPOSITORY, env=environment, check=False, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_make_deploys_updates_and_destroys_the_application(empty_cloud: RunningCommand) -> None:
    printed = make(empty_cloud, "deploy")
    assert stacks(empty_cloud) == {"CDKToolkit": "CREATE_COMPLETE", "Evergreen": "CREATE_COMPLETE"}
    outputs = [line.split(" = ") for line in printed.splitlines() if line.startswith("Evergreen.")]
    bucket = next(value for name, value in outputs if name == "Evergreen.DataBucket")
    topic = next(value for name, value in outputs if name == "Evergreen.NoticesTopicArn")
    make(empty_cloud, "deploy", "-c", "notify=people@example.com")
    assert stacks(empty_cloud)["Evergreen"] == "UPDATE_COMPLETE"
    subscribed = empty_cloud.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [each["Endpoint"] for each in subscribed] == ["people@example.com"]
    make(empty_cloud, "destroy")
    assert stacks(empty_cloud) == {"CDKToolkit": "CREATE_COMPLETE"}
    kept = [each["Name"] for each in empty_cloud.client("s3").list_buckets()["Buckets"]]
    assert bucket in kept
