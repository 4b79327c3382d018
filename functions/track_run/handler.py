"""TrackRun: brings SageMaker's model registry and MLflow to where the truth is; what cannot be told now waits."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.track_run.following import wired
from functions.track_run.request import Request
from functions.track_run.settings import Settings

settings = Settings.read()
logger = Logger()
following = wired(settings, logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    """Returns, in words, what is still behind; never fails because a follower is away."""
    request = Request.model_validate(event)
    behind = following.follow(request.dataset, request.run_id, request.model_uri, settings.MLFLOW_APP_ARN)
    return {"behind": behind}
