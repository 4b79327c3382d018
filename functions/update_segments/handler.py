"""UpdateSegments: whose segment changed is noted and hinted at; DeliverSegments then tells the CRM."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from evergreen.stores.files import Files
from evergreen.stores.registry import Registry
from evergreen.stores.runs import RunRecords
from evergreen.stores.segment_queue import SegmentQueue
from evergreen.stores.segments import Segments
from functions.update_segments.comparing import SegmentUpdates
from functions.update_segments.request import Request
from functions.update_segments.settings import Settings

settings = Settings.read()
logger = Logger()
dynamodb = boto3.resource("dynamodb", config=Config(max_pool_connections=16))
registry_table = dynamodb.Table(settings.REGISTRY_TABLE)
runs = RunRecords(registry_table)
updates = SegmentUpdates(
    Files(boto3.client("s3"), settings.DATA_BUCKET),
    Registry(registry_table),
    Segments(dynamodb.Table(settings.SEGMENTS_TABLE)),
    SegmentQueue(boto3.client("sqs"), settings.SEGMENTS_QUEUE_URL),
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Returns how many customers changed to which segment; nothing where the contract has no segments."""
    request = Request.model_validate(event)
    told = updates.update(request.dataset)
    if request.run_id:
        runs.note(request.run_id, segments=told)
    return told
