"""DeliverSegments: tells the CRM of customers whose segment changed."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.errors import EvergreenError
from evergreen.segment_updates import Hint
from evergreen.stores.segment_queue import SegmentQueue
from functions.deliver_segments.deliveries import wired
from functions.deliver_segments.metric import count
from functions.deliver_segments.settings import Settings

settings = Settings.read()
logger = Logger()
deliveries = wired(settings, count)
queue = SegmentQueue(boto3.client("sqs"), settings.SEGMENTS_QUEUE_URL)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Takes one message at a time; one that fails comes back, and after many times waits as a dead letter."""
    for record in event["Records"]:
        try:
            deliveries.deliver(Hint.model_validate_json(record["body"]))
        except EvergreenError:
            queue.put_off(record["receiptHandle"], int(record["attributes"]["ApproximateReceiveCount"]))
            raise
