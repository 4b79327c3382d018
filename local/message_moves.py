"""SQS: moving the messages of a dead-letter queue, which moto lacks."""

import time
import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs.exceptions import InvalidParameterValue
from moto.sqs.responses import SQSResponse

from local.cloud import Cloud
from local.seams import Seams

_ORDER = ("MessageGroupId", "MessageDeduplicationId")  # of a first-in-first-out queue's message


def install(cloud: Cloud) -> None:
    """Adds StartMessageMoveTask and ListMessageMoveTasks."""
    seams, tasks = Seams(cloud), list[dict[str, Any]]()

    def start(response: Any) -> Any:
        source, destination = response._get_param("SourceArn"), response._get_param("DestinationArn")
        if not response.sqs_backend.list_dead_letter_source_queues(_name(source)):
            raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
        if not destination:
            raise InvalidParameterValue("The laptop cloud moves messages to a named queue only; give DestinationArn")
        waiting = response.sqs_backend.get_queue(_name(source)).approximate_number_of_messages
        handle = str(uuid.uuid4())
        task = {"TaskHandle": handle, "SourceArn": source, "DestinationArn": destination, "Status": "COMPLETED"}
        task |= {"StartedTimestamp": int(time.time() * 1000), "ApproximateNumberOfMessagesToMove": waiting}
        task["ApproximateNumberOfMessagesMoved"] = _move(cloud, source, destination, waiting)
        tasks.insert(0, task)
        return ActionResult({"TaskHandle": handle})

    def list_tasks(response: Any) -> Any:
        source, most = response._get_param("SourceArn"), response._get_param("MaxResults") or 1
        found = [task for task in tasks if task["SourceArn"] == source]
        return ActionResult({"Results": [_without_handle(task) for task in found[:most]]})

    seams.replace(SQSResponse, "start_message_move_task", start)
    seams.replace(SQSResponse, "list_message_move_tasks", list_tasks)


def _move(cloud: Cloud, source: str, destination: str, most: int) -> int:
    """Sends what is in the queue now to the other one, each message before it is deleted here."""
    sqs, moved = cloud.client("sqs"), 0
    urls = [f"{cloud.endpoint_url}/{cloud.account}/{_name(arn)}" for arn in (source, destination)]
    while moved < most:
        answer = sqs.receive_message(
            QueueUrl=urls[0], MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        )
        if not answer.get("Messages"):
            break
        for message in answer["Messages"]:
            attributes = message.get("MessageAttributes", {})
            order = {key: value for key, value in message.get("Attributes", {}).items() if key in _ORDER}
            sqs.send_message(QueueUrl=urls[1], MessageBody=message["Body"], MessageAttributes=attributes, **order)
            sqs.delete_message(QueueUrl=urls[0], ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _without_handle(task: dict[str, Any]) -> dict[str, Any]:
    """Only a task that is still running shows its handle."""
    return {name: value for name, value in task.items() if name != "TaskHandle"}


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]
