"""PublishPredictions: when every row that went in came out, flips readers to the new generation at once."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.errors import CountsDisagree
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.registry import Change, Registry
from evergreen.stores.runs import RunRecords
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
    report = files.read(RunLayout(run.dataset, run.run_id).report, DataReport)
    if run.written != report.scoring_rows:
        raise CountsDisagree(f"{report.scoring_rows} rows to score, {run.written} items written: nothing published")
    before = registry.published(run.dataset)
    published = {"rows": run.written, "champion": run.champion_run_id, "as_of": report.scoring_cutoff}
    facts = published | {"sample": run.sample}
    replaces = before["generation"] if before else None
    registry.publish(Change(run.dataset, run.run_id, run.fence, replaces, at=datetime.now(UTC)), facts)
    published["generation"] = run.run_id
    runs.note(run.run_id, published=published)
    announcements.tell(run.dataset)
    return published
