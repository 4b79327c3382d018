"""Every resource type that the laptop cloud can create."""

from local.cloudformation.resource import ResourceType, nothing
from local.cloudformation.services import (
    apigateway,
    cloudwatch,
    dynamodb,
    ecr,
    events,
    functions,
    iam,
    kms,
    logs,
    s3,
    sagemaker,
    scheduler,
    sns,
    sqs,
    ssm,
    stepfunctions,
)

# Only tells AWS which version of the CDK made the template.
_METADATA = ResourceType(put=lambda wanted, _before: (wanted.logical_id, {}), delete=nothing, without=("Analytics",))

TYPES: dict[str, ResourceType] = {
    "AWS::CDK::Metadata": _METADATA,
    **apigateway.TYPES,
    **cloudwatch.TYPES,
    **dynamodb.TYPES,
    **ecr.TYPES,
    **events.TYPES,
    **functions.TYPES,
    **iam.TYPES,
    **kms.TYPES,
    **logs.TYPES,
    **s3.TYPES,
    **sagemaker.TYPES,
    **scheduler.TYPES,
    **sns.TYPES,
    **sqs.TYPES,
    **ssm.TYPES,
    **stepfunctions.TYPES,
}
