"""RejectData: ends a run whose data cannot be used; the champion and its predictions stay as they were."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.layout import RunLayout
from evergreen.manifest import DataReport, RunManifest
from evergreen.notices import rejection_notice
from evergreen.stores.endings import Endings, Status
from evergreen.stores.files import Files
from functions.reject_data.request import Request
from functions.reject_data.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
endings = Endings.of(settings.REGISTRY_TABLE, settings.NOTICES_TOPIC_ARN, settings.EVENT_BUS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Quarantines the refused files, settles the arrivals and tells people once."""
    run = Request.model_validate(event)
    layout = RunLayout(run.dataset, run.run_id)
    report = files.read(layout.report, DataReport)
    endings.settle_files(run.run_id, report, files.read(layout.manifest, RunManifest).inputs, files)
    endings.settle_rest(run.run_id)
    quarantine, page = files.uri(layout.quarantine), files.uri(layout.report_page)
    subject, body = rejection_notice(run.dataset, run.reason, report, quarantine, page)
    endings.end(run.run_id, Status.DATA_REJECTED, subject, body, reason=run.reason)
