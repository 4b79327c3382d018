"""RegisterChallenger: each challenger becomes a version in SageMaker's model registry, standing as it was judged."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.lineage import Origin
from evergreen.stores.files import Files
from evergreen.stores.model_packages import PATIENCE, ModelPackages
from evergreen.stores.registration import Registration
from evergreen.stores.runs import RunRecords
from evergreen.stores.training_jobs import TrainingJobs
from functions.register_challenger.request import Request
from functions.register_challenger.settings import Settings

settings = Settings.read()
logger = Logger()
sagemaker = boto3.client("sagemaker", config=PATIENCE)
registration = Registration(
    Files(boto3.client("s3"), settings.DATA_BUCKET),
    RunRecords(boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)),
    ModelPackages(sagemaker, settings.MODEL_GROUP_PREFIX),
    TrainingJobs(sagemaker),
    Origin(settings.GIT_COMMIT, settings.IMAGE_URI),
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str | None]:
    """Returns the ARN of the model package; doing it again makes no second one."""
    run = Request.model_validate(event)
    return {"model_package_arn": registration.register(run.run_id, run.model_uri)}
