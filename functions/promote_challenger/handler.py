"""PromoteChallenger: the challenger becomes champion, in one conditional write."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.stores.files import Files
from evergreen.stores.registry import Change, Registry
from functions.promote_challenger.request import Request
from functions.promote_challenger.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
registry = Registry(boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the new champion. Raises RunSuperseded when the one it was judged against is gone."""
    run = Request.model_validate(event)
    layout = RunLayout(run.dataset, run.run_id)
    judged_against = files.read(layout.manifest, RunManifest).champion
    metrics = files.read(layout.evaluation_file, Evaluation).challenger
    champion = {"model_uri": run.model_uri, "model_key": files.key(run.model_uri), "metrics": metrics}
    replaces = judged_against.run_id if judged_against else None
    change = Change(run.dataset, run.run_id, run.fence, replaces, at=datetime.now(UTC))
    registry.promote(change, champion, run.reasons)
    return {"run_id": run.run_id, "model_uri": run.model_uri, "can_score": True}
