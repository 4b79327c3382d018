"""Rolling a data set back: its champion and its published predictions move together, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from evergreen.champions import RollbackOvertaken, RollbackRefused, Target
from evergreen.events_out import ChampionPromoted, EventOut, PredictionsPublished
from evergreen.stores.event_bus import announcing
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.registry import Change, followers_to_tell, put, told_of
from evergreen.stores.removals import still_there

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


@dataclass(frozen=True)
class Rollback:
    """Who brings what back, and what was there when they looked."""

    dataset: str
    target: Target
    replaces: str  # the champion
    replaces_generation: str | None
    fence: int  # of the newest run or rollback; whatever changes the data set raises it
    by: str
    reason: str
    at: datetime
    ended_holder: str | None = None  # a run whose execution is over, though it still holds the lease


class Rollbacks:
    """`CHAMPION`, `PUBLISHED`, `LEASE`, `HISTORY#…` and `OUTBOX#…` of the Registry table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def move(self, rollback: Rollback) -> None:
        """Bring champion and predictions back, in one transaction. Raises RollbackRefused when anything has changed.

        The fencing number is raised with it, so that no earlier run can write afterwards.
        """
        pk, at, target = f"DATASET#{rollback.dataset}", rollback.at.isoformat(), rollback.target
        who = {"by": rollback.by, "why": [rollback.reason]}
        champion = {**target.champion, **who, "promoted_at": target.promoted_at, "rolled_back_at": at}
        published = {**target.published.model_dump(), "published_at": at, "fence": rollback.fence + 1}
        entry = {
            **who,
            "at": at,
            "fence": rollback.fence + 1,
            "event": "ROLLED_BACK",
            "champion": target.champion,
            "published": target.published.model_dump(),
        }
        moved = {"run_id": target.run_id, "replaced": rollback.replaces}
        seen = {"run_id": target.published.generation, "replaced": rollback.replaces_generation}
        name = self._table.name
        writes = [
            still_there(name, rollback.dataset, target.published.generation),
            self._raise_fence(rollback),
            put(name, {**champion, **moved, "pk": pk, "sk": "CHAMPION"}, rollback.replaces),
            put(name, {**published, **seen, "pk": pk, "sk": "PUBLISHED"}, rollback.replaces_generation),
            put(name, {**entry, **moved, "pk": pk, "sk": f"HISTORY#{at}#ROLLBACK"}, None),
            *followers_to_tell(name, rollback.dataset, target.run_id, rollback.at),
            announcing(name, *_events(rollback)),
        ]
        try:
            with store_faults(f"roll {rollback.dataset} back"):
                self._table.meta.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) == "TransactionCanceledException":
                if _failed(error)[:1] == ["ConditionalCheckFailed"]:
                    raise RollbackRefused(
                        f"the predictions of {target.run_id}, generation {target.published.generation}, were removed "
                        f"while this rollback looked at them. Nothing was moved. Choose another with --to; see: "
                        f"evergreen history {rollback.dataset}"
                    ) from error
                raise RollbackOvertaken(
                    f"{rollback.dataset} changed while this rollback looked at it: a run started, or somebody else "
                    f"rolled back. Nothing was moved. Look again: evergreen history {rollback.dataset}"
                ) from error
            raise

    def _raise_fence(self, rollback: Rollback) -> TransactWriteItemTypeDef:
        """No run holds the lease; one that ended unnoticed keeps its name there, for Dispatch to close it."""
        values: dict[str, Any] = {":seen": rollback.fence, ":next": rollback.fence + 1}
        if rollback.ended_holder:
            update, free = "SET fence = :next", "run_id = :ended"
            values[":ended"] = rollback.ended_holder
        else:
            update = "SET fence = :next REMOVE run_id, arrival_ids, expires_at"
            free = "(attribute_not_exists(run_id) OR expires_at <= :now)"
            values[":now"] = int(rollback.at.timestamp())
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": {"pk": f"DATASET#{rollback.dataset}", "sk": "LEASE"},
                "UpdateExpression": update,
                "ConditionExpression": f"fence = :seen AND {free}",
                "ExpressionAttributeValues": values,
            }
        }


def _failed(error: ClientError) -> list[str]:
    """What became of each write of a transaction, in their order."""
    return [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]


def _events(rollback: Rollback) -> list[EventOut]:
    target, published = rollback.target, rollback.target.published
    change = Change(rollback.dataset, target.run_id, rollback.fence + 1, rollback.replaces, rollback.at)
    then: dict[str, Any] = {"generation": published.generation, "champion": target.run_id}
    promoted = ChampionPromoted(
        **told_of(change, "ChampionPromoted"),
        **then,
        cause="rollback",
        replaced=rollback.replaces,
        reasons=(rollback.reason,),
        by=rollback.by,
    )
    seen = PredictionsPublished(
        **told_of(change, "PredictionsPublished"),
        **then,
        cause="rollback",
        replaced=rollback.replaces_generation,
        rows=published.rows,
        as_of=published.as_of,
    )
    return [promoted, seen]
