"""The champion and the published generation of each data set, changed only by conditional transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from evergreen.champions import Entry, Generation
from evergreen.errors import RunSuperseded
from evergreen.events_out import ChampionPromoted, PredictionsPublished
from evergreen.requests import identity
from evergreen.stores.arrivals import query_all
from evergreen.stores.event_bus import announcing
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.items import from_item, to_item
from evergreen.stores.outbox import Follower, Outstanding
from evergreen.stores.outbox import item as outbox_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef


@dataclass(frozen=True)
class Change:
    """Who changes a data set, by which right, and which run's work it takes to be there now."""

    dataset: str
    run_id: str
    fence: int
    replaces: str | None
    at: datetime


class Registry:
    """`DATASET#<id>` × `CHAMPION` | `PUBLISHED` | `HISTORY#…` of the Registry table.

    Every change is one transaction: the run still holds the lease, what it replaces is still there, and the history
    says so. The same change again is no change. Raises RunSuperseded when either condition no longer holds.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def champion(self, dataset: str) -> dict[str, Any] | None:
        """The model in use: run_id, model_uri, metrics and when it was promoted."""
        return self._get(dataset, "CHAMPION")

    def published(self, dataset: str) -> dict[str, Any] | None:
        """The generation that readers see."""
        return self._get(dataset, "PUBLISHED")

    def history(self, dataset: str) -> list[Entry]:
        """Every change there was, oldest first."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("HISTORY#")
        entries = [Entry.model_validate(each) for each in query_all(self._table, condition)]
        # A run publishes after it has promoted, whatever the clocks of its functions say.
        return sorted(entries, key=lambda entry: (entry.fence, entry.event == "PUBLISHED", entry.at))

    def promote(
        self, change: Change, champion: Mapping[str, Any], reasons: tuple[str, ...], by: str | None = None
    ) -> None:
        """Make the run's model the champion; those who follow the champion have to be told, from now on."""
        entry = {"event": "PROMOTED", "why": list(reasons), "by": by, "champion": champion}
        followers = followers_to_tell(self._table.name, change.dataset, change.run_id, change.at)
        item = {**champion, "promoted_at": change.at.isoformat(), "why": list(reasons), "by": by}
        event = ChampionPromoted(
            **told_of(change, "ChampionPromoted"),
            generation=(self.published(change.dataset) or {}).get("generation"),
            champion=change.run_id,
            cause="verdict",
            replaced=change.replaces,
            reasons=reasons,
            by=by,
        )
        self._change("CHAMPION", change, item, entry, [*followers, announcing(self._table.name, event)])

    def publish(self, change: Change, published: Mapping[str, Any]) -> None:
        """Flip readers to the run's generation."""
        seen = {**published, "generation": change.run_id}
        entry = {
            "event": "PUBLISHED",
            "published": {name: seen[name] for name in Generation.model_fields if name in seen},
        }
        event = PredictionsPublished(
            **told_of(change, "PredictionsPublished"),
            generation=change.run_id,
            champion=seen.get("champion"),
            cause="run",
            replaced=change.replaces,
            rows=seen.get("rows"),
            as_of=seen.get("as_of"),
            segments=seen.get("segments") or {},
            changes=seen.get("changes"),
        )
        item = {**seen, "published_at": change.at.isoformat(), "fence": change.fence}
        self._change("PUBLISHED", change, item, entry, [announcing(self._table.name, event)])

    def _change(
        self,
        what: str,
        change: Change,
        item: Mapping[str, Any],
        history: Mapping[str, Any],
        more: list[TransactWriteItemTypeDef],
    ) -> None:
        current = self._get(change.dataset, what)
        if current and current["run_id"] == change.run_id:
            return
        pk, at = f"DATASET#{change.dataset}", change.at.isoformat()
        when = {"at": at, "fence": change.fence}
        shared = {"pk": pk, "run_id": change.run_id, "replaced": change.replaces}
        writes = [
            holds_lease(self._table.name, change),
            put(self._table.name, {**item, **shared, "sk": what}, change.replaces),
            put(self._table.name, {**history, **shared, "sk": f"HISTORY#{at}#{what}", **when}, None),
            *more,
        ]
        try:
            with store_faults(f"change {what} of {change.dataset}"):
                self._table.meta.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) == "TransactionCanceledException":
                raise RunSuperseded(
                    f"{change.run_id} may no longer change {what} of {change.dataset}: it lost its lease, or {what} "
                    f"is not {change.replaces or 'empty'} any more"
                ) from error
            raise

    def _get(self, dataset: str, what: str) -> dict[str, Any] | None:
        key = {"pk": f"DATASET#{dataset}", "sk": what}
        with store_faults(f"read {what} of {dataset}"):
            item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return from_item(item) if item else None


def told_of(change: Change, detail_type: str) -> dict[str, Any]:
    """What an event says of a change, whatever it was; the same for the same change."""
    event_id = identity(detail_type, change.dataset, change.run_id, str(change.fence))
    return {"event_id": event_id, "dataset": change.dataset, "run_id": change.run_id, "at": change.at.isoformat()}


def holds_lease(table: str, change: Change) -> TransactWriteItemTypeDef:
    """A condition that the run may still change its data set."""
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": {"pk": f"DATASET#{change.dataset}", "sk": "LEASE"},
            "ConditionExpression": "fence = :fence AND run_id = :run_id",
            "ExpressionAttributeValues": {":fence": change.fence, ":run_id": change.run_id},
        }
    }


def put(table: str, item: Mapping[str, Any], replaces: str | None) -> TransactWriteItemTypeDef:
    """A write that takes place only while the item of this run is there still; of no run: while none is there."""
    write: PutTypeDef = {"TableName": table, "Item": to_item(item)}
    if replaces is None:
        return {"Put": {**write, "ConditionExpression": "attribute_not_exists(pk)"}}
    condition = {"ConditionExpression": "run_id = :replaces", "ExpressionAttributeValues": {":replaces": replaces}}
    return {"Put": {**write, **condition}}  # type: ignore[typeddict-item]


def followers_to_tell(table: str, dataset: str, run_id: str, at: datetime) -> list[TransactWriteItemTypeDef]:
    """What a transaction that changes the champion also writes, so that nobody who follows it is forgotten."""
    wanted = (Outstanding(follower=each, what="CHAMPION", run_id=run_id, at=at.isoformat()) for each in Follower)
    return [{"Put": {"TableName": table, "Item": outbox_item(dataset, each)}} for each in wanted]
