"""SageMaker's model registry: a group for each data set, a version for each challenger."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError

from evergreen.gate import Gate
from evergreen.lineage import ApprovalStatus, Lineage, approval_status, description, model_group, package_properties
from evergreen.stores.faults import code_of, store_faults
from evergreen.verdict import Verdict

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_REQUESTS = uuid.UUID("5b0a4d36-3a2f-4b8e-9a5b-7d6c3f7f3f10")  # the name space of our client tokens
# boto3's own patience lasts as long as the function, which has MLflow to tell, too.
PATIENCE = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"})
_TYPES = ["text/csv", "application/json"]


class ModelPackages:
    """The groups whose names begin with a prefix, which the CDK app makes."""

    def __init__(self, client: SageMakerClient, group_prefix: str) -> None:
        self._client = client
        self._group_prefix = group_prefix

    def register(self, lineage: Lineage, verdict: Verdict, gate: Gate, evaluation_uri: str) -> str:
        """Make a version of the challenger and return its ARN; the same run again makes no second one."""
        image = lineage.origin.image if lineage.origin else ""
        with store_faults(f"register the model of {lineage.run_id}"):
            return self._client.create_model_package(
                ModelPackageGroupName=model_group(self._group_prefix, lineage.dataset),
                ModelPackageDescription=f"The challenger of run {lineage.run_id}.",
                InferenceSpecification={
                    "Containers": [{"Image": image, "ModelDataUrl": lineage.model_uri or ""}],
                    "SupportedContentTypes": _TYPES,
                    "SupportedResponseMIMETypes": _TYPES,
                },
                ModelApprovalStatus=approval_status(verdict, gate),
                ModelMetrics={
                    "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": evaluation_uri}}
                },
                CustomerMetadataProperties=package_properties(lineage),
                ClientToken=str(uuid.uuid5(_REQUESTS, lineage.run_id)),
            )["ModelPackageArn"]

    def decide(self, arn: str, status: ApprovalStatus, why: str) -> bool:
        """Say how a version stands now, and why; False when it is gone."""
        try:
            with store_faults(f"say that {arn} is {status}"):
                self._client.update_model_package(
                    ModelPackageArn=arn, ModelApprovalStatus=status, ApprovalDescription=description(why)
                )
        except ClientError as error:
            if code_of(error) == "ValidationException" and "does not exist" in str(error):
                return False
            raise
        return True

    def standing(self, dataset: str, status: ApprovalStatus) -> list[str]:
        """The ARNs of the versions of a data set that stand so."""
        pages = self._client.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=model_group(self._group_prefix, dataset), ModelApprovalStatus=status
        )
        with store_faults(f"list the models of {dataset}"):
            return [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]]
