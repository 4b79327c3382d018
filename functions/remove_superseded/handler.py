"""RemoveSuperseded: removes the predictions of generations that neither readers nor a rollback may need any more."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.stores.files import Files
from evergreen.stores.loader import QUICK, Loader
from evergreen.stores.registry import Change, Registry
from evergreen.stores.removals import Removals
from evergreen.stores.runs import RunRecords
from functions.remove_superseded.removing import Remover
from functions.remove_superseded.request import Request
from functions.remove_superseded.settings import Settings

settings = Settings.read()
logger = Logger()
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
remover = Remover(
    Registry(table),
    RunRecords(table),
    Removals(table),
    Files(boto3.client("s3"), settings.DATA_BUCKET),
    Loader(boto3.client("dynamodb", config=QUICK), settings.PREDICTIONS_TABLE),
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Returns how many items it removed, by generation; what there is no time for is left to the next run."""
    run = Request.model_validate(event)
    change = Change(run.dataset, run.run_id, run.fence, replaces=None, at=datetime.now(UTC))
    removed = remover.remove(change, context.get_remaining_time_in_millis)
    logger.info("removed", extra={"items": removed})
    return removed
