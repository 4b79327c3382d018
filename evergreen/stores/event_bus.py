"""The event bus of a deployment, and the outbox of what it has still to be told."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from evergreen.errors import StoreUnavailable
from evergreen.events_out import EventOut, event_out
from evergreen.requests import SOURCE
from evergreen.stores.faults import store_faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

log = logging.getLogger(__name__)

_AT_ONCE = 10  # entries of one PutEvents


class EventBus:
    """Where whoever wants to know listens."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, events: Iterable[EventOut]) -> None:
        """Put events on the bus. Raises StoreUnavailable when some were not taken; all may be put again."""
        every = list(events)
        for start in range(0, len(every), _AT_ONCE):
            entries = [self._entry(each) for each in every[start : start + _AT_ONCE]]
            with store_faults("tell an event"):
                answer = self._client.put_events(Entries=entries)
            if answer["FailedEntryCount"]:
                refused = [each for each in answer["Entries"] if each.get("ErrorCode")]
                raise StoreUnavailable(f"tell an event: the event bus refused {refused}")

    def _entry(self, event: EventOut) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": json.dumps(event.detail()),
        }


class Announcements:
    """`DATASET#<id>` × `EVENTS` of the Registry table: an attribute for each event that was not told yet.

    What changes a data set writes its event in the same transaction, so that none is forgotten whoever dies when.
    """

    def __init__(self, table: Table, bus: EventBus) -> None:
        self._table = table
        self._bus = bus

    @classmethod
    def of(cls, table: Table, bus_name: str) -> Announcements:
        """Those of one deployment."""
        return cls(table, EventBus(boto3.client("events"), bus_name))

    def add(self, event: EventOut) -> None:
        """Have an event told; the same one again is told again, with the same id."""
        with store_faults("write an event down"):
            self._table.update_item(Key=_key(event.dataset), **_setting(event))

    def open(self, dataset: str) -> list[EventOut]:
        """What was not told yet, oldest first."""
        with store_faults("read what is to be told"):
            item = self._table.get_item(Key=_key(dataset), ConsistentRead=True).get("Item", {})
        waiting = [json.loads(str(value)) for name, value in item.items() if name not in ("pk", "sk")]
        return sorted((event_out(each["type"], each["detail"]) for each in waiting), key=lambda each: each.at)

    def tell(self, dataset: str) -> str | None:
        """Tell all that waits; answers why not all of it could be told, which then waits on.

        Nobody fails because nobody listens: what the events say is true already.
        """
        try:
            waiting = self.open(dataset)
            if waiting:
                self._bus.put(waiting)
                self._told(dataset, waiting)
        except (StoreUnavailable, ClientError) as error:
            log.warning("events of %s wait to be told: %s", dataset, error)
            return str(error)
        return None

    def _told(self, dataset: str, events: list[EventOut]) -> None:
        names = {f"#e{number}": event.event_id for number, event in enumerate(events)}
        with store_faults("note what was told"):
            self._table.update_item(
                Key=_key(dataset), UpdateExpression=f"REMOVE {', '.join(names)}", ExpressionAttributeNames=names
            )


def announcing(table: str, *events: EventOut) -> TransactWriteItemTypeDef:
    """What a transaction that changes a data set also writes, so that those who listen hear of it."""
    return {"Update": {"TableName": table, "Key": _key(events[0].dataset), **_setting(*events)}}  # type: ignore[typeddict-item]


def _setting(*events: EventOut) -> dict[str, Any]:
    said = [json.dumps({"type": event.detail_type, "detail": event.detail()}) for event in events]
    return {
        "UpdateExpression": "SET " + ", ".join(f"#e{number} = :e{number}" for number in range(len(events))),
        "ExpressionAttributeNames": {f"#e{number}": event.event_id for number, event in enumerate(events)},
        "ExpressionAttributeValues": {f":e{number}": each for number, each in enumerate(said)},
    }


def _key(dataset: str) -> dict[str, str]:
    return {"pk": f"DATASET#{dataset}", "sk": "EVENTS"}
