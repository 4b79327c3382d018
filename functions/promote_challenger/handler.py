"""PromoteChallenger: the challenger becomes champion, in one conditional write."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.approval import granted
from evergreen.contract import Contract
from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.registry import Change, Registry
from evergreen.stores.runs import RunRecords
from functions.promote_challenger.champion import describe, judged_against, said
from functions.promote_challenger.request import Request
from functions.promote_challenger.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
registry, runs = Registry(table), RunRecords(table)
announcements = Announcements.of(table, settings.EVENT_BUS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns the new champion. Raises RunSuperseded if the one it was judged against is gone, NotWon, NotApproved."""
    run = Request.model_validate(event)
    layout, record = RunLayout(run.dataset, run.run_id), runs.get(run.run_id) or {}
    approval = granted(record, files.read(layout.contract_file("dataset.json"), Contract).gate)
    champion = describe(run.model_uri, files, record, files.read(layout.evaluation_file, Evaluation), approval)
    change = Change(run.dataset, run.run_id, run.fence, judged_against(files, layout), at=datetime.now(UTC))
    registry.promote(change, champion, (*run.reasons, *said(approval)), by=approval.by if approval else None)
    announcements.tell(run.dataset)
    return {"run_id": run.run_id, "model_uri": run.model_uri, "can_score": True}
