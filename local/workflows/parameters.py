"""The casing of parameters and results between the States language and the AWS SDK."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
)

from local.seams import Seams

RECASED = ("aws-sdk", "states")  # the integrations whose members moto would pass on as they are written
ERROR_PREFIXES = {
    "dynamodb": "DynamoDb",
    "eventbridge": "EventBridge",
    "lambda": "Lambda",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
}


def install_parameters(seams: Seams) -> None:
    """Has PascalCase parameters reach the SDK in its own casing, and results come back in PascalCase."""

    def normalise_parameters(
        task: Any, parameters: Any, boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        if task.resource.service_name in RECASED:
            task._to_boto_request(parameters, _shape(task, boto_service_name, service_action_name, "input"))

    def normalise_response(
        task: Any, response: Any, boto_service_name: Any = None, service_action_name: Any = None
    ) -> None:
        if task.resource.service_name not in RECASED or not isinstance(response, dict):
            return
        task._from_boto_response(response, _shape(task, boto_service_name, service_action_name, "output"))
        response.update(with_text_dates(response))

    # moto's version of this interpreter has empty bodies here: startExecution fails for want of a lower-case
    # stateMachineArn, and the Body of s3:getObject stays a stream.
    service = state_task_service.StateTaskService
    seams.replace(service, "_normalise_parameters", normalise_parameters)
    seams.replace(service, "_normalise_response", normalise_response)
    # moto names errors of aws-sdk tasks after the resource (s3.NoSuchKeyException), AWS after the service (S3.…).
    seams.replace(state_task_service_aws_sdk, "_SERVICE_ERROR_NAMES", ERROR_PREFIXES)


def with_text_dates(value: Any) -> Any:
    """The value with ISO 8601 text in place of dates, as aws-sdk results have it."""
    if isinstance(value, dict):
        return {name: with_text_dates(member) for name, member in value.items()}
    if isinstance(value, list):
        return [with_text_dates(member) for member in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _shape(task: Any, service: str | None, action: str | None, side: str) -> Any:
    name = action or task.resource.api_action
    return getattr(_operation(task._get_boto_service_name(service), name.replace("_", "").lower()), f"{side}_shape")


@cache
def _operation(service: str, action: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(next(name for name in model.operation_names if name.lower() == action))
