"""Where an asynchronous event goes when every attempt to handle it failed."""

import json
import time
from typing import Any

from local.cloud import Cloud
from local.functions.worker import Answer


def deliver_failure(
    cloud: Cloud, function: Any, event: Any, *, settings: dict[str, Any], answer: Answer, attempts: int
) -> None:
    """Sends the event to the function's OnFailure destination and to its dead-letter queue, where it has them."""
    destination = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    result = json.loads(answer.outcome.document)
    if destination:
        _send(cloud, destination, _record(function, event, result, attempts))
    dead_letter = getattr(function, "dead_letter_arn", None)
    if dead_letter:
        _send(cloud, dead_letter, event)


def _record(function: Any, event: Any, result: Any, attempts: int) -> dict[str, Any]:
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": result,
    }


def _send(cloud: Cloud, arn: str, document: Any) -> None:
    service, text = arn.split(":")[2], json.dumps(document)
    if service == "sqs":
        sqs = cloud.client("sqs")
        address = sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
        sqs.send_message(QueueUrl=address, MessageBody=text)
    elif service == "sns":
        cloud.client("sns").publish(TopicArn=arn, Message=text)
    elif service == "lambda":
        cloud.client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=text)
    else:
        raise ValueError(f"{arn} cannot receive failed events here; use an SQS queue, an SNS topic or a function")
