"""Moves the messages of one queue to one function, in batches, with Lambda's rules for what is deleted."""

import contextlib
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import sqs_backends

from local.functions.invocations import Invoker
from local.functions.worker import Answer

log = logging.getLogger(__name__)

MOST_BATCHES_AT_ONCE = 5  # as many as Lambda starts with
LONG_POLL_SECONDS = 1  # an arrival ends the wait at once; only messages that reappear are noticed this late


class QueuePoller(threading.Thread):
    """Polls until the mapping is deleted or the cloud closes."""

    def __init__(self, backend: Any, mapping: Any, queue: Any, invoker: Invoker, closed: threading.Event) -> None:
        super().__init__(name=f"poller of {queue.name}", daemon=True)

        self._functions, self._mapping, self._queue, self._invoker = backend, mapping, queue, invoker
        self._sqs = sqs_backends[queue.account_id][queue.region]
        self._closed = closed
        self._batches = ThreadPoolExecutor(MOST_BATCHES_AT_ONCE, f"batch of {queue.name}")
        self._free = threading.Semaphore(self._most_at_once())

    def run(self) -> None:
        """Hands batch after batch to the function."""
        while self._wanted():
            if not self._mapping.enabled:
                self._closed.wait(LONG_POLL_SECONDS)
                continue
            self._free.acquire()
            batch = self._receive()
            if batch:
                self._batches.submit(self._handle, batch)
            else:
                self._free.release()
        self._batches.shutdown(wait=False)

    def _wanted(self) -> bool:
        return not self._closed.is_set() and self._mapping.uuid in self._functions._event_source_mappings

    def _most_at_once(self) -> int:
        function = self._functions.get_function(self._mapping.function_arn)
        limits = [MOST_BATCHES_AT_ONCE, (self._mapping.scaling_config or {}).get("MaximumConcurrency")]
        limits.append(function.reserved_concurrency)
        return max(1, min(int(limit) for limit in limits if limit is not None))

    def _receive(self) -> list[Any]:
        batch = self._receive_some(LONG_POLL_SECONDS)
        window_ends = time.time() + (self._mapping.max_batch_window or 0)
        while batch and len(batch) < self._mapping.batch_size and not self._closed.is_set():
            left = window_ends - time.time()
            more = self._receive_some(int(min(1, max(0, left))), self._mapping.batch_size - len(batch))
            batch += more
            if not more and left <= 0:
                break
            if not more:
                self._closed.wait(min(left, 0.1))
        return batch

    def _receive_some(self, wait_seconds: int, at_most: int | None = None) -> list[Any]:
        count = min(10, at_most or self._mapping.batch_size)
        visibility = self._queue.visibility_timeout
        messages: list[Any] = self._sqs.receive_message(self._queue.name, count, wait_seconds, visibility, ["All"])
        return messages

    def _handle(self, batch: list[Any]) -> None:
        try:
            function = self._functions.get_function(self._mapping.function_arn)
            records = [self._record(message) for message in batch]
            answer = self._invoker.run(function, json.dumps({"Records": records}).encode())
            for message in self._finished(batch, answer):
                with contextlib.suppress(ReceiptHandleIsInvalid):  # handled so late that it went to the DLQ meanwhile
                    self._queue.delete_message(message.receipt_handle)
        except Exception:  # as on AWS: the messages come back after the visibility time-out
            log.exception("a batch of %s could not be handled", self._queue.name)
        finally:
            self._free.release()

    def _finished(self, batch: list[Any], answer: Answer) -> list[Any]:
        """The messages to delete: all or none, or all but those that the function reports as failed."""
        if answer.failed:
            return []
        if "ReportBatchItemFailures" not in (self._mapping.function_response_types or []):
            return batch
        try:
            result = json.loads(answer.outcome.document) or {}
            failed = {item["itemIdentifier"] for item in result.get("batchItemFailures") or []}
        except (AttributeError, KeyError, TypeError, ValueError):
            return []
        if failed - {message.id for message in batch}:
            return []  # an unknown or empty identifier fails the whole batch
        return [message for message in batch if message.id not in failed]

    def _record(self, message: Any) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.approximate_receive_count),
                "SentTimestamp": str(message.sent_timestamp),
                "SenderId": message.sender_id,
                "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
                **_order(message),
            },
            "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue.queue_arn,
            "awsRegion": self._queue.region,
        }


def _order(message: Any) -> dict[str, str]:
    """What only a message of a first-in-first-out queue has."""
    if not message.group_id:
        return {}
    named = {
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
        "SequenceNumber": message.sequence_number,
    }
    return {name: str(value) for name, value in named.items() if value}


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "stringValue": value.get("StringValue"),
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
