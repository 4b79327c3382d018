"""The segment of each customer, and what the CRM was told of it: the outbox of segment updates."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from evergreen.requests import identity
from evergreen.segment_updates import Known, Standing, shard_of
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.items import from_item, set_arguments
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_REFUSED = "ConditionalCheckFailedException"


class Seen(Strict):
    """The generation that readers see, as it was published."""

    generation: str
    champion: str | None
    run_id: str
    fence: int


class Segments:
    """`<data set>#<shard>` × `<entity>` of the Segments table; `<data set>` × `STATUS` says how far they are."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def known(self, dataset: str, shard: int) -> dict[str, Known]:
        """Every customer of a shard."""
        found: dict[str, Known] = {}
        start: dict[str, Any] = {}
        while True:
            with store_faults("read the segments"):
                page = self._table.query(
                    KeyConditionExpression=Key("pk").eq(f"{dataset}#{shard}"),
                    ProjectionExpression="entity, segment, waiting",
                    ConsistentRead=True,
                    **start,
                )
            for item in page["Items"]:
                segment = item.get("segment")
                found[str(item["entity"])] = Known(sys.intern(str(segment)) if segment else None, "waiting" in item)
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def get(self, dataset: str, entity: str) -> Standing | None:
        """One customer."""
        with store_faults("read a segment"):
            item = self._table.get_item(Key=_key(dataset, entity), ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Standing.model_validate({name: value for name, value in from_item(item).items() if name != "entity"})

    def want(self, dataset: str, entity: str, segment: str | None, seen: Seen) -> bool:
        """Have the CRM told that a customer belongs to a segment; False when a newer generation has said so already.

        The same again is no change, and keeps the event's id.
        """
        facts = {
            "entity": entity,
            "segment": segment,
            "waiting": identity("SegmentChanged", dataset, entity, seen.generation, str(seen.fence)),
            "generation": seen.generation,
            "champion": seen.champion,
            "run_id": seen.run_id,
            "sequence": seen.fence,
            "at": datetime.now(UTC).isoformat(),
        }
        older = Attr("sequence").not_exists() | Attr("sequence").lte(seen.fence)
        return self._update("want a segment", _key(dataset, entity), facts, older)

    def ask(self, dataset: str, entity: str) -> Standing | None:
        """Have the CRM told of one customer, even if it knows; None when there is no such customer."""
        now = datetime.now(UTC).isoformat()
        facts = {"waiting": identity("SegmentChanged", dataset, entity, now), "again": True, "at": now}
        there = self._update("ask for a segment update", _key(dataset, entity), facts, Attr("pk").exists())
        return self.get(dataset, entity) if there else None

    def told(self, dataset: str, entity: str, standing: Standing) -> bool:
        """Note what the CRM was told; False when it has to be told again, for something has changed meanwhile."""
        facts = {
            "told": standing.segment,
            "told_generation": standing.generation,
            "told_at": datetime.now(UTC).isoformat(),
            "error": None,
        }
        key, same = _key(dataset, entity), Attr("waiting").eq(standing.waiting)
        if self._update("note what the CRM was told", key, facts, same, settles=True):
            return True
        self._update("note what the CRM was told", key, facts, Attr("pk").exists())
        return False

    def settled(self, dataset: str, entity: str, standing: Standing) -> None:
        """Note that there is nothing to tell: the customer is back where the CRM knows them to be."""
        same = Attr("waiting").eq(standing.waiting)
        self._update("note that nothing is to be told", _key(dataset, entity), {"error": None}, same, settles=True)

    def failed(self, dataset: str, entity: str, error: str) -> None:
        """Keep why the last try failed."""
        self._update("note why the CRM was not told", _key(dataset, entity), {"error": error}, Attr("waiting").exists())

    def status(self, dataset: str) -> dict[str, Any]:
        """The generation that the CRM is brought to, how many customers it changed, and how many were told of ever."""
        with store_faults("read how far the segments are"):
            item = self._table.get_item(Key=_status(dataset), ConsistentRead=True).get("Item")
        return from_item(item) if item else {}

    def compared(self, dataset: str, seen: Seen, changed: int) -> None:
        """Note that every customer of a generation was compared."""
        facts = {"generation": seen.generation, "sequence": seen.fence, "changed": changed}
        with store_faults("note how far the segments are"):
            self._table.update_item(
                Key=_status(dataset), **set_arguments({**facts, "compared_at": datetime.now(UTC).isoformat()})
            )

    def count(self, dataset: str, told: int) -> None:
        """Add to how many updates the CRM has taken."""
        with store_faults("count segment updates"):
            self._table.update_item(
                Key=_status(dataset),
                UpdateExpression="ADD updates_total :told",
                ExpressionAttributeValues={":told": told},
            )

    def _update(
        self, doing: str, key: dict[str, str], facts: dict[str, Any], condition: Any, *, settles: bool = False
    ) -> bool:
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in facts)
        try:
            with store_faults(doing):
                self._table.update_item(
                    Key=key,
                    UpdateExpression=f"{expression} REMOVE waiting, again" if settles else expression,
                    ExpressionAttributeNames={f"#{name}": name for name in facts},
                    ExpressionAttributeValues={f":{name}": value for name, value in facts.items()},
                    ConditionExpression=condition,
                )
        except ClientError as error:
            if code_of(error) == _REFUSED:
                return False
            raise
        return True


def _key(dataset: str, entity: str) -> dict[str, str]:
    return {"pk": f"{dataset}#{shard_of(entity)}", "sk": entity}


def _status(dataset: str) -> dict[str, str]:
    return {"pk": dataset, "sk": "STATUS"}
