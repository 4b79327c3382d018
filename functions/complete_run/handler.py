"""CompleteRun: ends a run that went all the way: arrivals settled, outcome recorded, people told once."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.layout import RunLayout
from evergreen.manifest import DataReport, RunManifest
from evergreen.stores.endings import Endings, Status
from evergreen.stores.endpoint_records import EndpointRecords
from evergreen.stores.files import Files
from functions.complete_run.notice import notice
from functions.complete_run.request import Request
from functions.complete_run.settings import Settings

settings = Settings.read()
logger = Logger()
files = Files(boto3.client("s3"), settings.DATA_BUCKET)
endings = Endings.of(settings.REGISTRY_TABLE, settings.NOTICES_TOPIC_ARN, settings.EVENT_BUS)

endpoints = EndpointRecords(boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Settles, records, tells; safe to repeat."""
    run = Request.model_validate(event)
    layout = RunLayout(run.dataset, run.run_id)
    report = files.read(layout.report, DataReport)
    manifest = files.read(layout.manifest, RunManifest)
    endings.settle_files(run.run_id, report, manifest.inputs, files)
    endings.keep_outcomes(run.run_id, report, manifest.collection, files.bucket)
    endings.settle_rest(run.run_id)
    told = notice(endings, endpoints, files, manifest, report)
    endings.end(run.run_id, Status.SUCCEEDED, *told)
