"""LoadPredictions: writes every scored row of one part as one item of a generation that nobody reads yet."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.layout import RunLayout
from evergreen.stores.files import Files
from evergreen.stores.loader import QUICK, Loader
from functions.load_predictions.loading import load_part
from functions.load_predictions.request import Request
from functions.load_predictions.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
loader = Loader(boto3.client("dynamodb", config=QUICK), settings.PREDICTIONS_TABLE)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes down beside the run what became of the part, for the counts to be compared; returns how many items."""
    request = Request.model_validate(event)
    loaded = load_part(request, files, loader)
    files.write(RunLayout(request.dataset, request.run_id).loaded_part(request.part), loaded)
    return {"written": loaded.written}
