"""Deploying a synthesized cloud assembly: its file assets, then its templates, unedited."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.cloud import Cloud

Outputs = dict[str, dict[str, str]]  # by stack, then by output key

_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_SAME_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same files make the same bytes


class StackFailed(Exception):
    """CloudFormation refused or rolled back a stack; says which resources and why."""


def deploy(cloud: Cloud, assembly: Path) -> Outputs:
    """Publishes the assets of a cloud assembly, deploys its stacks and returns their outputs."""
    manifest = read_manifest(assembly)
    _mark_as_bootstrapped(cloud)
    for path in sorted(assembly.glob("*.assets.json")):
        _publish(cloud, path)
    return {name: _deploy_stack(cloud, name, template) for name, template in _stacks(manifest, assembly)}


def read_manifest(assembly: Path) -> dict[str, Any]:
    """The manifest of a cloud assembly."""
    path = assembly / "manifest.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: synthesize the application first (python cdk_app/app.py)")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def _stacks(manifest: dict[str, Any], assembly: Path) -> Iterator[tuple[str, Path]]:
    """Name and template of each stack, those that others depend on first."""
    artifacts = {
        key: artifact
        for key, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    done: set[str] = set()
    while len(done) < len(artifacts):
        ready = [
            key
            for key, artifact in artifacts.items()
            if key not in done and done.issuperset(set(artifact.get("dependencies", [])) & set(artifacts))
        ]
        for key in ready:
            properties = artifacts[key]["properties"]
            yield properties.get("stackName", key), assembly / properties["templateFile"]
        done.update(ready)


def _mark_as_bootstrapped(cloud: Cloud) -> None:
    try:
        cloud.client("ssm").put_parameter(Name=_BOOTSTRAP_VERSION, Value="30", Type="String")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterAlreadyExists":
            raise


def _publish(cloud: Cloud, path: Path) -> None:
    s3 = cloud.client("s3")
    known = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    # Image assets are left alone: jobs on the laptop run the container's code from the repository.
    for asset in json.loads(path.read_text()).get("files", {}).values():
        source = path.parent / asset["source"]["path"]
        body = _zipped(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            bucket, key = (_filled(cloud, destination[field]) for field in ("bucketName", "objectKey"))
            if bucket not in known:
                elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": cloud.region}}
                s3.create_bucket(Bucket=bucket, **({} if cloud.region == "us-east-1" else elsewhere))
                known.add(bucket)
            s3.put_object(Bucket=bucket, Key=key, Body=body)


def _filled(cloud: Cloud, text: str) -> str:
    values = {"AccountId": cloud.account, "Region": cloud.region, "Partition": "aws"}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _zipped(directory: Path) -> bytes:
    if directory.is_file():
        return directory.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(directory).as_posix(), _SAME_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
                archive.writestr(entry, path.read_bytes())
    return packed.getvalue()


def _deploy_stack(cloud: Cloud, name: str, template: Path) -> dict[str, str]:
    cloudformation = cloud.client("cloudformation")
    wanted = {"StackName": name, "TemplateBody": template.read_text(), "Capabilities": _CAPABILITIES}
    exists = any(stack["StackName"] == name for stack in cloudformation.describe_stacks()["Stacks"])
    try:
        (cloudformation.update_stack if exists else cloudformation.create_stack)(**wanted)
    except ClientError as error:
        raise StackFailed(f"stack {name} was refused: {error.response['Error']['Message']}") from error
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackFailed(f"stack {name} is {stack['StackStatus']}: {_reasons(cloudformation, name)}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
    return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)
