"""The arrivals queue's dead letters: looked at without taking them, and replayed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from evergreen.dead_letters import DeadLetter
from evergreen.errors import StoreUnavailable
from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef, MessageTypeDef

_LOOKED_AT_SECONDS = 60  # for so long others do not see what we look at, unless we give it back before
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DeadLetters:
    """What five tries could not handle, and the queue that it belongs to."""

    client: SQSClient
    url: str
    queue_url: str

    def look(self, most: int = 100) -> list[DeadLetter]:
        """The messages there are, up to `most`; all of them stay."""
        found: dict[str, MessageTypeDef] = {}
        try:
            while len(found) < most:
                page = self._receive()
                new = {message["MessageId"]: message for message in page}
                if not new.keys() - found.keys():
                    break
                found |= new
        finally:
            for message in found.values():
                with store_faults("give a dead letter back"):
                    self.client.change_message_visibility(
                        QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
        return [_letter(message) for message in found.values()]

    def count(self) -> int:
        """About how many messages wait."""
        with store_faults("count dead letters"):
            answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def replay(self) -> int:
        """Move every message to the arrivals queue; returns how many. SQS itself moves them, so none is lost.

        One move at a time: while somebody else's goes on, that is waited for, for it moves the same messages.
        """
        source = self._arn(self.url)
        try:
            with store_faults("replay dead letters"):
                self.client.start_message_move_task(SourceArn=source, DestinationArn=self._arn(self.queue_url))
        except ClientError:
            if not any(task["Status"] == "RUNNING" for task in self._tasks(source)):
                raise
        while True:
            task = self._tasks(source)[0]
            if task["Status"] == "COMPLETED":
                return task["ApproximateNumberOfMessagesMoved"]
            if task["Status"] != "RUNNING":
                raise StoreUnavailable(
                    f"dead letters were not all replayed: {task.get('FailureReason', task['Status'])}"
                )
            time.sleep(_POLL_SECONDS)

    def _receive(self) -> list[MessageTypeDef]:
        with store_faults("look at dead letters"):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,  # asks all of SQS's hosts, so that what is there is found
                VisibilityTimeout=_LOOKED_AT_SECONDS,
                MessageAttributeNames=["All"],
            )
        return answer.get("Messages", [])

    def _tasks(self, source: str) -> list[ListMessageMoveTasksResultEntryTypeDef]:
        """The newest move, if there was any."""
        with store_faults("follow a replay"):
            return self.client.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]

    def _arn(self, url: str) -> str:
        with store_faults("find a queue"):
            return self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _letter(message: MessageTypeDef) -> DeadLetter:
    attributes = message.get("MessageAttributes") or {}
    told = attributes["ERROR_MESSAGE"].get("StringValue") if "ERROR_MESSAGE" in attributes else None
    return DeadLetter(message_id=message["MessageId"], body=message["Body"], undelivered=told)
