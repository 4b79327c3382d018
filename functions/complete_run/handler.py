"""CompleteRun: ends a run that went all the way: arrivals settled, outcome recorded, people told once."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.layout import RunLayout
from evergreen.manifest import DataReport, RunManifest
from evergreen.notices import still_to_follow, verdict_notice, what_became_of, where_the_report_is
from evergreen.stores.endings import Endings, Status
from evergreen.stores.files import Files
from evergreen.verdict import Verdict
from functions.complete_run.request import Request
from functions.complete_run.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
endings = Endings.of(settings.REGISTRY_TABLE, settings.NOTICES_TOPIC_ARN, settings.EVENT_BUS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Settles, records, tells; safe to repeat."""
    run = Request.model_validate(event)
    layout = RunLayout(run.dataset, run.run_id)
    report = files.read(layout.report, DataReport)
    manifest = files.read(layout.manifest, RunManifest)
    endings.settle_files(run.run_id, report, manifest.inputs, files)
    endings.settle_rest(run.run_id)
    verdict, published = files.read(layout.verdict, Verdict), endings.published(run.run_id)
    page = where_the_report_is(run.run_id, files.uri(layout.model_report))
    data = [page, *what_became_of(report, files.uri(layout.quarantine), files.uri(layout.report_page))]
    data += still_to_follow(endings.still_behind(run.run_id))
    had_champion, approval = manifest.champion is not None, endings.approval(run.run_id)
    told = verdict_notice(run.run_id, verdict, published, data, had_champion=had_champion, approval=approval)
    endings.end(run.run_id, Status.SUCCEEDED, *told)
