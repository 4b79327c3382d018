"""Cloud assemblies as the CDK writes them, small enough to deploy in no time."""

import json
from pathlib import Path
from typing import Any

_BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
_REAL_BUCKET = "cdk-hnb659fds-assets-123456789012-us-east-1"


def write_assembly(directory: Path, stack: str, word: str) -> Path:
    """A bucket, a table and a function that answers with the word; returns the directory."""
    code = directory / "asset.code"
    code.mkdir(parents=True, exist_ok=True)
    (code / "handler.py").write_text(f"def handle(event, context):\n    return {word!r}\n")
    key = f"code-{word}.zip"
    template_file = f"{stack}.template.json"
    (directory / template_file).write_text(json.dumps(_template(key), indent=1))
    files = {
        f"code-{word}": _asset("asset.code", "zip", key),
        "template": _asset(template_file, "file", f"{stack}-{word}.json"),
    }
    _write(directory / f"{stack}.assets.json", {"version": "48.0.0", "files": files, "dockerImages": {}})
    properties = {
        "templateFile": template_file,
        "stackTemplateAssetObjectUrl": f"s3://{_REAL_BUCKET}/{stack}-{word}.json",
        "validateOnSynth": False,
    }
    artifacts = {
        f"{stack}.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{stack}.assets.json", "requiresBootstrapStackVersion": 6},
        },
        stack: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://123456789012/us-east-1",
            "properties": properties,
            "dependencies": [f"{stack}.assets"],
        },
    }
    _write(directory / "manifest.json", {"version": "48.0.0", "artifacts": artifacts})
    return directory


def _asset(path: str, packaging: str, key: str) -> dict[str, Any]:
    destination = {"bucketName": _BUCKET.replace("${AWS::Region}", "us-east-1"), "objectKey": key}
    return {"source": {"path": path, "packaging": packaging}, "destinations": {"current": destination}}


def _template(code_key: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    resources = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {
                "VersioningConfiguration": {"Status": "Enabled"},
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.s3"]},
                "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": _REAL_BUCKET, "S3Key": code_key},
                "Handler": "handler.handle",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
            },
        },
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Bucket", "Queue", "Table", "Function")}
    return {"Resources": resources, "Outputs": outputs}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1))
