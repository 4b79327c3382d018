"""KeepChampion: the model in use stays; says which it is, and whether it can score today's rows."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.stores.approvals import Approvals
from evergreen.stores.files import Files
from functions.keep_champion.request import Request
from functions.keep_champion.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
approvals = Approvals(boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the champion as the run found it; a challenger that nobody approved is noted as such."""
    request = Request.model_validate(event)
    layout = RunLayout(request.dataset, request.run_id)
    approval = approvals.close(request.run_id, datetime.now(UTC))
    why = f"{approval.sentence} " if approval else ""
    champion = files.read(layout.manifest, RunManifest).champion
    if champion is None:
        return {"can_score": False, "reason": f"{why}There is no champion yet, so nothing can be scored."}
    unscorable = files.read(layout.evaluation_file, Evaluation).champion_unscorable
    return {
        "run_id": champion.run_id,
        "model_uri": files.uri(champion.model_key),
        "can_score": unscorable is None,
        "reason": why + (unscorable or f"The champion of {champion.run_id} scores today's rows."),
    }
