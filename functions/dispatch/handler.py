"""Dispatch: turns events that ask for a run into at most one running workflow per data set."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.dispatch.dispatcher import Dispatcher
from functions.dispatch.settings import Settings

logger = Logger()
dispatcher = Dispatcher.wired(Settings.read())
processor = BatchProcessor(event_type=EventType.SQS)


def take(record: SQSRecord) -> None:
    """Handle one queued event; when this raises, the record comes again, and at last goes to the dead-letter queue."""
    dispatcher.take(json.loads(record.body))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """One SQS batch; what fails is told apart from what succeeds."""
    return process_partial_response(event, take, processor, context)
