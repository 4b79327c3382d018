"""TrackRun: brings SageMaker's model registry and MLflow to where the truth is; what cannot be told now waits."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.lineage import Origin
from evergreen.stores.files import Files
from evergreen.stores.model_packages import ModelPackages
from evergreen.stores.outbox import Outbox
from evergreen.stores.registration import Registration
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from functions.track_run.following import Following
from functions.track_run.model_registry import ModelRegistry
from functions.track_run.request import Request
from functions.track_run.run_history import RunHistory
from functions.track_run.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
runs, packages = RunRecords(table), ModelPackages(boto3.client("sagemaker"), settings.MODEL_GROUP_PREFIX)
registration = Registration(files, runs, packages, Origin(settings.GIT_COMMIT, settings.IMAGE_URI))
following = Following(
    Registry(table), Outbox(table), ModelRegistry(runs, packages, registration), RunHistory(files, runs), logger
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    """Returns, in words, what is still behind; never fails because a follower is away."""
    request = Request.model_validate(event)
    behind = following.follow(request.dataset, request.run_id, request.model_uri, settings.MLFLOW_APP_ARN)
    return {"behind": behind}
