"""PublishPredictions: when every row that went in came out, flips readers to the new generation at once."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from functions.publish_predictions.publishing import publish
from functions.publish_predictions.request import Request
from functions.publish_predictions.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
registry, runs = Registry(table), RunRecords(table)
announcements = Announcements.of(table, settings.EVENT_BUS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns what was published. Raises CountsDisagree, RunSuperseded."""
    run = Request.model_validate(event)
    now = publish(run, files, registry, datetime.now(UTC))
    runs.note(run.run_id, published=now.model_dump(exclude_none=True))
    announcements.tell(run.dataset)
    return {"generation": now.generation, "rows": now.rows}
