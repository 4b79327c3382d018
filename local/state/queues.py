"""Messages that wait in queues, as the snapshot holds them; on AWS they outlive everything."""

import base64
from typing import Any

from moto.sqs.models import Message, sqs_backends

from local.cloud import Cloud

_PLAIN = (
    *("system_attributes", "group_id", "deduplication_id", "sequence_number"),
    *("sent_timestamp", "delayed_until", "approximate_receive_count"),
)
_BYTES = "BinaryValue"


def capture(cloud: Cloud) -> dict[str, list[dict[str, Any]]]:
    """By queue every message that nobody has deleted, so what is being handled too."""
    queues = sqs_backends[cloud.account][cloud.region].queues
    return {name: [_as_json(each) for each in list(queue._messages)] for name, queue in list(queues.items())}


def restore(cloud: Cloud, queues: dict[str, list[dict[str, Any]]]) -> None:
    """Puts them back, visible at once, into the queues that there still are."""
    existing = sqs_backends[cloud.account][cloud.region].queues
    for name in set(queues) & set(existing):
        for each in queues[name]:
            existing[name].add_message(_message(each))


def _as_json(message: Message) -> dict[str, Any]:
    attributes = {
        name: {**value, _BYTES: base64.b64encode(value[_BYTES]).decode()} if _BYTES in value else value
        for name, value in message.message_attributes.items()
    }
    kept = {name: getattr(message, name) for name in _PLAIN}
    return {"id": message.id, "body": message.body, "attributes": attributes, **kept}


def _message(kept: dict[str, Any]) -> Message:
    message = Message(kept["id"], kept["body"])
    message.message_attributes = {
        name: {**value, _BYTES: base64.b64decode(value[_BYTES])} if _BYTES in value else value
        for name, value in kept["attributes"].items()
    }
    for name in _PLAIN:
        setattr(message, name, kept[name])
    return message
