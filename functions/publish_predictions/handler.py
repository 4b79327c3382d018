"""PublishPredictions: when every row that went in came out, flips readers to the new generation at once."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.generations import LoadedPart, Published, ScoringParts, published_of, reconcile
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
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


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns what was published. Raises CountsDisagree, RunSuperseded."""
    run = Request.model_validate(event)
    layout = RunLayout(run.dataset, run.run_id)
    parts = files.read(layout.scoring_parts, ScoringParts).root
    loaded = reconcile(parts, (files.find(layout.loaded_part(each.part), LoadedPart) for each in parts))
    as_of = files.read(layout.report, DataReport).scoring_cutoff
    now = Published(generation=run.run_id, champion=run.champion_run_id, as_of=as_of, **loaded.counts)
    before = registry.published(run.dataset)
    if before and before["generation"] == run.run_id:  # by an earlier attempt
        now = published_of(before)
    else:
        now = now.after(published_of(before) if before else None)
        replaces = before["generation"] if before else None
        change = Change(run.dataset, run.run_id, run.fence, replaces, at=datetime.now(UTC))
        registry.publish(change, {**now.model_dump(exclude_none=True), "sample": loaded.sample})
    runs.note(run.run_id, published=now.model_dump(exclude_none=True))
    return {"generation": now.generation, "rows": now.rows}
