"""LoadPredictions: writes every scored row as one item of a generation that nobody reads yet."""

from itertools import chain, islice
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.predictions import read_rows
from evergreen.stores.files import Files
from evergreen.stores.predictions import Predictions
from functions.load_predictions.request import Request
from functions.load_predictions.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
quick = Config(parameter_validation=False, max_pool_connections=16)
predictions = Predictions(boto3.resource("dynamodb", config=quick).Table(settings.PREDICTIONS_TABLE))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns how many items were written, and one entity among them, by which a rollback sees that they are there."""
    request = Request.model_validate(event)
    layout = RunLayout(request.dataset, request.run_id)
    task = files.read(layout.contract_file("dataset.json"), Contract).task
    parts = [key for key in files.keys(layout.predictions + "/") if key.endswith(".out")]
    rows = (row for part in parts for row in read_rows(files.lines(part), part, request.champion_run_id, task))
    first = list(islice(rows, 1))
    written = predictions.load(request.dataset, request.run_id, chain(first, rows))
    return {"written": written, "parts": len(parts), "sample": first[0]["entity"] if first else ""}
