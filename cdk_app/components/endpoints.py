"""Real-time endpoints, of the data sets that ask for one: UpdateEndpoint makes them, for they follow the champion."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_app.components.function import Function
from cdk_app.components.image import ContainerImage
from cdk_app.components.notices import NoticesTopic
from cdk_app.components.sagemaker import SageMaker
from cdk_app.components.storage import Storage
from cdk_app.permissions import change_table, list_objects, read_objects
from evergreen.contracts import Contracts
from evergreen.endpoint import config_prefix
from functions.update_endpoint.settings import Settings

_OF_ENDPOINTS = ("CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", "InvokeEndpoint", "UpdateEndpoint")


def update_endpoint(
    scope: Construct,
    root: Path,
    *,
    contracts: Contracts,
    storage: Storage,
    notices: NoticesTopic,
    sagemaker: SageMaker,
    image: ContainerImage,
) -> Function:
    """The function that moves endpoints, and waits for SageMaker meanwhile."""
    return Function(
        scope,
        "UpdateEndpoint",
        root,
        contracts=contracts,
        settings=Settings(
            DATA_BUCKET=storage.bucket.bucket_name,
            REGISTRY_TABLE=storage.registry.table_name,
            NOTICES_TOPIC_ARN=notices.topic.topic_arn,
            STACK_NAME=Stack.of(scope).stack_name,
            MODEL_ROLE_ARN=sagemaker.role.role_arn,
            IMAGE_URI=image.uri,
        ),
        statements=[
            change_table(storage.registry),
            read_objects(storage.bucket, "runs/"),
            list_objects(storage.bucket),
            *notices.publishing(),
            *_moving(scope, sagemaker.role),
        ],
        timeout=Duration.minutes(15),
    )


def ask_endpoints(scope: Construct) -> iam.PolicyStatement:
    """Ask the stack's endpoints for predictions."""
    return _may(("InvokeEndpoint",), _arns(scope, "endpoint", f"{Stack.of(scope).stack_name}-"))


def _moving(scope: Construct, role: iam.IRole) -> list[iam.PolicyStatement]:
    """Make, change, ask and delete endpoints, with their configurations and models, and hand the models' role on."""
    name = Stack.of(scope).stack_name
    configs = _arns(scope, "endpoint-config", config_prefix(name))
    pass_role = iam.PolicyStatement(actions=["iam:PassRole"], resources=[role.role_arn])
    pass_role.add_condition("StringEquals", {"iam:PassedToService": "sagemaker.amazonaws.com"})
    return [
        # Creating and updating an endpoint is checked on its configuration, too.
        _may(_OF_ENDPOINTS, [*_arns(scope, "endpoint", f"{name}-"), *configs]),
        _may(("CreateEndpointConfig", "DeleteEndpointConfig"), configs),
        _may(("CreateModel", "DeleteModel"), _arns(scope, "model", config_prefix(name))),
        pass_role,
    ]


def _arns(scope: Construct, kind: str, prefix: str) -> list[str]:
    """Of everything that begins so; SageMaker writes the names in its ARNs in small letters."""
    stack = Stack.of(scope)
    arn = f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}:{kind}"
    return [f"{arn}/{each}*" for each in sorted({prefix, prefix.lower()})]


def _may(actions: Sequence[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[f"sagemaker:{action}" for action in actions], resources=resources)
