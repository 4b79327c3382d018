"""The state machine of `retrain`: its definition, what stands in it, and its log."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.components.function import OwnLambda
from cdk_app.components.image import ContainerImage
from cdk_app.components.sagemaker import SageMaker

_INSTANCE = "ml.m5.large"


def retrain_machine(
    scope: Construct,
    root: Path,
    functions: Mapping[str, OwnLambda],
    *,
    bucket: s3.IBucket,
    sagemaker: SageMaker,
    image: ContainerImage,
) -> sfn.StateMachine:
    """`statemachines/retrain.asl.json` with the functions of its states."""
    return sfn.StateMachine(
        scope,
        "Machine",
        definition_body=sfn.DefinitionBody.from_file(str(root / "statemachines" / "retrain.asl.json")),
        definition_substitutions={
            **{name: each.function.function_arn for name, each in functions.items()},
            "DataBucket": bucket.bucket_name,
            "SageMakerRole": sagemaker.role.role_arn,
            "Image": image.uri,
            "ProcessingInstance": _INSTANCE,
            "TrainingInstance": _INSTANCE,
            "TransformInstance": _INSTANCE,
        },
        tracing_enabled=True,
        logs=sfn.LogOptions(
            destination=logs.LogGroup(
                scope,
                "Log",
                log_group_name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}-retrain",
                retention=logs.RetentionDays.THREE_MONTHS,
                removal_policy=RemovalPolicy.DESTROY,
            ),
            level=sfn.LogLevel.ERROR,
            include_execution_data=True,
        ),
    )
