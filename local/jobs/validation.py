"""What SageMaker refuses when a job is created."""

import json
import re
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from local.cloud import Cloud
from local.jobs.data_processing import DataProcessing
from local.jobs.job import PROCESSING, TRAINING, TRANSFORM, TUNING, JobFailed, Kind
from local.jobs.tuning_validation import tuning_problem

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def validate(cloud: Cloud, kind: Kind, request: dict[str, Any]) -> None:
    """Raises the ValidationException that SageMaker would answer."""

    problem = (
        _shape_problem(kind, request)
        or _name_problem(kind, request[kind.name_key])
        or _instances_problem(kind, request)
        or (_transform_problem(cloud, request) if kind is TRANSFORM else _role_problem(cloud, _role(kind, request)))
        or (tuning_problem(request) if kind is TUNING else None)
    )
    if problem:
        raise ValidationError(problem)


def _shape_problem(kind: Kind, request: dict[str, Any]) -> str | None:
    report = ParamValidator().validate(request, _input_shape(kind))
    return str(report.generate_report()) if report.has_errors() else None


@cache
def _input_shape(kind: Kind) -> Any:
    service = botocore.session.get_session().get_service_model("sagemaker")
    return service.operation_model(f"Create{kind.title}Job").input_shape


def _name_problem(kind: Kind, name: str) -> str | None:
    member = kind.name_key[0].lower() + kind.name_key[1:]
    failed = f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must "
    if len(name) > kind.longest_name:
        return failed + f"have length less than or equal to {kind.longest_name}"
    if not NAME.fullmatch(name):
        return failed + f"satisfy regular expression pattern: ^{NAME.pattern}"
    return None


def _instances_problem(kind: Kind, request: dict[str, Any]) -> str | None:
    resources = {
        TRAINING: request.get("ResourceConfig", {}),
        PROCESSING: request.get("ProcessingResources", {}).get("ClusterConfig", {}),
        TRANSFORM: request.get("TransformResources", {}),
        TUNING: request.get("TrainingJobDefinition", {}).get("ResourceConfig", {}),
    }[kind]
    if "InstanceType" not in resources:
        return "InstanceType is required: the laptop cloud runs jobs on instances only"
    if resources.get("InstanceCount") != 1:
        return "The laptop cloud runs a job on one instance; set InstanceCount to 1"
    return None


def _role(kind: Kind, request: dict[str, Any]) -> str:
    return str((request["TrainingJobDefinition"] if kind is TUNING else request)["RoleArn"])


def _role_problem(cloud: Cloud, role_arn: str) -> str | None:

    problem = (
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )
    try:
        role = iam_backends[cloud.account]["aws"].get_role_by_arn(role_arn)
    except NotFoundException:
        return problem
    trust = role.assume_role_policy_document
    return None if "sagemaker.amazonaws.com" in (trust if isinstance(trust, str) else json.dumps(trust)) else problem


def _transform_problem(cloud: Cloud, request: dict[str, Any]) -> str | None:

    model = sagemaker_backends[cloud.account][cloud.region]._models.get(request["ModelName"])
    if model is None:
        return f'Could not find model "{request["ModelName"]}".'
    if not model.primary_container.get("ModelDataUrl"):
        return f"Model {request['ModelName']} needs a PrimaryContainer with a ModelDataUrl"
    concurrent, payload = request.get("MaxConcurrentTransforms"), request.get("MaxPayloadInMB")
    if concurrent and payload and concurrent * payload > 100:
        return "MaxConcurrentTransforms * MaxPayloadInMB must be less than or equal to 100"
    return _data_processing_problem(request) or _role_problem(cloud, model.execution_role_arn)


def _data_processing_problem(request: dict[str, Any]) -> str | None:
    settings = request.get("DataProcessing", {})
    try:
        wanted = DataProcessing.of(settings)
    except JobFailed as failure:
        return str(failure).removeprefix("ClientError: ")
    if wanted == DataProcessing():
        return None
    types = {request["TransformInput"].get("ContentType"), request["TransformOutput"].get("Accept", "text/csv")}
    if types != {"text/csv"} or request["TransformOutput"].get("AssembleWith") != "Line":
        return (
            "The laptop cloud filters and joins text/csv only, with ContentType, Accept and AssembleWith Line to match"
        )
    return None
