"""UpdateEndpoint: the real-time endpoint follows the champion; one that does not answer as the batch did goes back."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.update_endpoint.request import Request
from functions.update_endpoint.settings import Settings
from functions.update_endpoint.updating import Updating

settings = Settings.read()
logger = Logger()
updating = Updating.wired(settings, boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns what is known of the endpoint; raises EndpointUpdating where SageMaker takes longer."""
    request = Request.model_validate(event)
    told = updating.update(request, context.get_remaining_time_in_millis)
    logger.info("endpoint", extra={"endpoint": told})
    return told
