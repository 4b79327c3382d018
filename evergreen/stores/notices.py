"""Notices to people, through SNS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evergreen.stores.faults import store_faults
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

_SUBJECT_LIMIT = 99  # characters, SNS's own limit
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # S3 keys may have them; SNS refuses them


class Notice(Strict):
    """One message a person can act on; `notification_id` is the same however often it is sent."""

    notification_id: str
    dataset: str
    kind: str
    subject: str
    body: str
    run_id: str | None = None
    outcome: str | None = None  # the verdict's, of a run that came to one

    @property
    def attributes(self) -> dict[str, str]:
        """What a subscription can filter by; in printable ASCII, or SNS would deliver the message to no filter."""
        named = self.model_dump(include={"dataset", "kind", "notification_id", "run_id", "outcome"}, exclude_none=True)
        return {name: str(value).encode("unicode_escape").decode() for name, value in named.items()}


class Notices:
    """The topic that people subscribe to."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def send(self, notice: Notice) -> None:
        """Publish a notice. Raises StoreUnavailable when SNS cannot take it now."""
        subject = _sendable(" ".join(notice.subject.split())).encode("ascii", "replace").decode()
        with store_faults("send a notice"):
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=subject[:_SUBJECT_LIMIT],
                Message=_sendable(notice.body),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in notice.attributes.items()
                },
            )


def _sendable(text: str) -> str:
    return _UNSENDABLE.sub("?", text)
