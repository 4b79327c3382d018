"""KeepChampion: the model in use stays; says which it is, and whether it can score today's rows."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.layout import RunLayout
from evergreen.stores.approvals import Approvals
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.registry import Registry
from evergreen.verdict import Verdict
from functions.keep_champion.champion import kept, kept_event
from functions.keep_champion.request import Request
from functions.keep_champion.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
approvals, registry = Approvals(table), Registry(table)
announcements = Announcements.of(table, settings.EVENT_BUS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the champion as the run found it; a challenger that nobody approved is noted as such."""
    request, now = Request.model_validate(event), datetime.now(UTC)
    layout = RunLayout(request.dataset, request.run_id)
    answer = kept(files, layout, approvals.close(request.run_id, now))
    verdict = files.read(layout.verdict, Verdict)
    announcements.add(kept_event(layout, verdict, answer, registry.published(request.dataset), now))
    announcements.tell(request.dataset)
    return answer
