"""PinInputs: freezes everything the run may look at, so that nothing that changes later can change the run."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.contracts import Contracts
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.files import Files
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from evergreen.stores.unlearned import UnlearnedSources
from functions.pin_inputs.pinning import Pinning
from functions.pin_inputs.request import Request
from functions.pin_inputs.settings import Settings

settings = Settings.read()
logger = Logger()
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
pinning = Pinning(
    Contracts.deployed(),
    ArrivalsLedger(table),
    RunRecords(table),
    Registry(table),
    UnlearnedSources(table),
    EndpointRecords(table),
    files,
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the run's S3 URIs and hyperparameters, which the later states refer to."""
    request = Request.model_validate(event)
    return pinning.pin(request.dataset, request.run_id, request.fence)
