"""What SageMaker knows of the job that trained a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from evergreen.stores.faults import code_of, store_faults

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_GONE = ("ValidationException", "ResourceNotFound")


class TrainingJobs:
    """Jobs by the model that came of them, which lies at …/<job name>/output/model.tar.gz."""

    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def hyperparameters(self, model_uri: str) -> dict[str, str]:
        """What the job was told, tuned values included; empty when SageMaker does not know the job any more."""
        name = model_uri.removesuffix("/output/model.tar.gz").rpartition("/")[2]
        try:
            with store_faults(f"describe the training job {name}"):
                told = self._client.describe_training_job(TrainingJobName=name).get("HyperParameters", {})
        except ClientError as error:
            if code_of(error) in _GONE:
                return {}
            raise
        return {name: value for name, value in told.items() if not name.startswith("_")}  # the tuner's own
