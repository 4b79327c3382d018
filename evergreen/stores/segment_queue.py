"""The queue of hints that customers have to be told of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from evergreen.errors import StoreUnavailable
from evergreen.requests import identity
from evergreen.segment_updates import Hint, Want
from evergreen.stores.faults import store_faults
from evergreen.stores.segments import Segments

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_AT_ONCE = 10  # entries of one SendMessageBatch
_FIRST_WAIT, _LONGEST_WAIT = 15, 300  # seconds


class SegmentQueue:
    """First in, first out by group: hints of the same customer are handled one after the other."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, hints: Iterable[Hint], occasion: str | None = None) -> None:
        """Send hints. Those of the same occasion are taken once within five minutes; without one, always.

        Raises StoreUnavailable when some were not taken; all may be sent again.
        """
        every = list(hints)
        for start in range(0, len(every), _AT_ONCE):
            some = every[start : start + _AT_ONCE]
            entries = [_entry(str(number), each, occasion) for number, each in enumerate(some)]
            with store_faults("hint at segment updates"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise StoreUnavailable(f"hint at segment updates: SQS refused {answer['Failed']}")

    def ask(self, segments: Segments, dataset: str, entity: str) -> Want | None:
        """Have the CRM told of one customer, even if it knows; None when no segment of theirs was ever published."""
        want = segments.ask(dataset, entity, event_id=uuid.uuid4().hex[:16])
        if want:
            self.send([Hint(dataset=dataset, entities=(entity,))])
        return want

    def is_empty(self) -> bool:
        """Whether no hint waits or is being handled, as far as SQS knows."""
        return self.count() == 0

    def count(self) -> int:
        """About how many hints wait or are being handled."""
        with store_faults("look at the hints"):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        return sum(int(number) for number in answer["Attributes"].values())

    def put_off(self, receipt: str, tries: int) -> None:
        """Have a hint that could not be handled come back: soon at first, then later and later."""
        seconds = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (tries - 1))
        with store_faults("put a hint off"):
            self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)


def _entry(name: str, hint: Hint, occasion: str | None) -> SendMessageBatchRequestEntryTypeDef:
    once = identity(occasion, hint.dataset, *hint.entities) if occasion else uuid.uuid4().hex
    return {
        "Id": name,
        "MessageBody": hint.model_dump_json(),
        "MessageGroupId": hint.group,
        "MessageDeduplicationId": once,
    }
