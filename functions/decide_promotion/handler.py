"""DecidePromotion: the verdict on the challenger, from what both models showed on the same hold-out."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.contract import Contract
from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.stores.files import Files
from evergreen.stores.runs import RunRecords
from evergreen.verdict import decide
from functions.decide_promotion.request import Request
from functions.decide_promotion.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
runs = RunRecords(boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the outcome, whether to promote, and the reasons."""
    request = Request.model_validate(event)
    layout = RunLayout(request.dataset, request.run_id)
    evaluation = files.read(layout.evaluation_file, Evaluation)
    verdict = decide(evaluation, files.read(layout.contract_file("dataset.json"), Contract).gate)
    files.write(layout.verdict, verdict)
    noted = evaluation.model_dump(exclude_none=True, exclude={"slices"})  # there may be more than an item holds
    runs.note(request.run_id, verdict=verdict.model_dump(), evaluation=noted)
    return {**verdict.model_dump(), "reason": " ".join(verdict.reasons)}
