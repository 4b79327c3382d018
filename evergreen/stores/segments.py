"""The outbox of segment updates: what the CRM should know of each customer, and what it was told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from evergreen.errors import StoreUnavailable
from evergreen.segment_updates import Standing, Told, Want, shard_of
from evergreen.stores.faults import store_faults, took_effect
from evergreen.stores.items import from_item, set_arguments, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_ATTEMPTS = 5
_TOLD, _WANT = "TOLD", "WANT"


class Segments:
    """`<data set>#<shard>` × `WANT#<entity>` | `TOLD#<entity>` of the Segments table; `<data set>` × `STATUS`.

    UpdateSegments alone writes what is wanted and DeliverSegments what was told, so neither undoes the other's work.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def known(self, dataset: str, shard: int) -> dict[str, Standing]:
        """Every customer of a shard: what waits to be told counts as known."""
        told: dict[str, tuple[str | None, str | None]] = {}
        found: dict[str, Standing] = {}
        for item in self._shard(dataset, shard):  # by sort key: all TOLD before the first WANT
            what, entity = str(item["sk"]).split("#", 1)
            segment, event_id = _interned(item.get("segment")), item.get("event_id")
            if what == _TOLD:
                told[entity] = (segment, event_id)
                found[entity] = Standing(segment)
            elif told.get(entity, (None, None))[1] != event_id:
                found[entity] = Standing(segment, waiting=True)
        return found

    def want(self, dataset: str, wants: Iterable[Want]) -> None:
        """Have the CRM told of customers; the same again is no change."""
        with store_faults("want segments"), self._table.batch_writer() as batch:
            for each in wants:
                batch.put_item(to_item({**_key(dataset, _WANT, each.entity), **each.model_dump()}))

    def note_told(self, dataset: str, tolds: Iterable[Told]) -> None:
        """Note what the CRM was told of customers, or why it was not."""
        with store_faults("note what the CRM was told"), self._table.batch_writer() as batch:
            for each in tolds:
                batch.put_item(to_item({**_key(dataset, _TOLD, each.entity), **each.model_dump()}))

    def look(self, dataset: str, entities: Iterable[str]) -> dict[str, tuple[Want | None, Told | None]]:
        """What is wanted of some customers, at most 50, and what was told. Raises StoreUnavailable."""
        keys = [_key(dataset, what, entity) for entity in entities for what in (_WANT, _TOLD)]
        items: dict[tuple[str, str], dict[str, Any]] = {}
        asked: Mapping[str, Any] = {self._table.name: {"Keys": keys, "ConsistentRead": True}}
        for _ in range(_ATTEMPTS):
            with store_faults("look at segments"):
                page = self._table.meta.client.batch_get_item(RequestItems=asked)
            for item in page["Responses"].get(self._table.name, []):
                items[str(item["pk"]), str(item["sk"])] = from_item(item)
            asked = page.get("UnprocessedKeys", {})
            if not asked:
                return {entity: _pair(dataset, entity, items) for entity in entities}
        raise StoreUnavailable(f"look at segments: DynamoDB left {asked} unprocessed {_ATTEMPTS} times")

    def ask(self, dataset: str, entity: str, event_id: str) -> Want | None:
        """Have the CRM told of one customer, even if it knows; None when there is no such customer."""
        want, _ = self.look(dataset, [entity])[entity]
        if want is None:
            return None
        again = want.model_copy(update={"event_id": event_id, "again": True, "at": datetime.now(UTC).isoformat()})
        self.want(dataset, [again])
        return again

    def status(self, dataset: str) -> dict[str, Any]:
        """Which generation was compared last, how many customers it changed, and `updates_total` that the CRM took."""
        with store_faults("read how far the segments are"):
            item = self._table.get_item(Key=_status(dataset), ConsistentRead=True).get("Item")
        return from_item(item) if item else {}

    def compared(self, dataset: str, generation: str, sequence: int, changed: int) -> None:
        """Note that every customer of a generation was compared; not where a newer one was already."""
        facts = {"generation": generation, "sequence": sequence, "changed": changed}
        noted = {**facts, "compared_at": datetime.now(UTC).isoformat()}
        not_newer = Attr("sequence").not_exists() | Attr("sequence").lte(sequence)
        took_effect(
            "note how far the segments are",
            lambda: self._table.update_item(
                Key=_status(dataset), ConditionExpression=not_newer, **set_arguments(noted)
            ),
        )

    def count(self, dataset: str, told: int) -> None:
        """Add to how many updates the CRM has taken."""
        with store_faults("count segment updates"):
            self._table.update_item(
                Key=_status(dataset),
                UpdateExpression="ADD updates_total :told",
                ExpressionAttributeValues={":told": told},
            )

    def _shard(self, dataset: str, shard: int) -> Iterable[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            with store_faults("read the segments"):
                page = self._table.query(
                    KeyConditionExpression=Key("pk").eq(f"{dataset}#{shard}"),
                    ProjectionExpression="sk, #segment, event_id",
                    ExpressionAttributeNames={"#segment": "segment"},  # a word of DynamoDB's own
                    ConsistentRead=True,
                    **start,
                )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _pair(
    dataset: str, entity: str, items: Mapping[tuple[str, str], dict[str, Any]]
) -> tuple[Want | None, Told | None]:
    keys = (_key(dataset, what, entity) for what in (_WANT, _TOLD))
    want, told = (items.get((key["pk"], key["sk"])) for key in keys)
    return Want.model_validate({"segment": None, **want}) if want else None, Told.model_validate(told) if told else None


def _interned(segment: Any) -> str | None:
    return sys.intern(str(segment)) if segment else None


def _key(dataset: str, what: str, entity: str) -> dict[str, str]:
    return {"pk": f"{dataset}#{shard_of(entity)}", "sk": f"{what}#{entity}"}


def _status(dataset: str) -> dict[str, str]:
    return {"pk": dataset, "sk": "STATUS"}
