"""One lease per data set: who may run, with a fencing number that later writes are checked against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr

from evergreen.runs import run_id_for
from evergreen.stores.faults import store_faults, took_effect
from evergreen.stores.items import from_item
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Lease(Strict):
    """The right of one run to change a data set, until it expires (epoch seconds) or is released."""

    fence: int
    run_id: str
    arrival_ids: tuple[str, ...]
    expires_at: int


class Leases:
    """`DATASET#<id>` × `LEASE` of the Registry table."""

    def __init__(self, table: Table, duration: timedelta) -> None:
        self._table = table
        self._duration = duration

    def held(self, dataset: str, now: datetime) -> Lease | None:
        """The lease in force, if any."""
        lease = self.last(dataset)
        return lease if lease and lease.expires_at > now.timestamp() else None

    def expired(self, dataset: str, now: datetime) -> Lease | None:
        """The lease that nobody gave back in time, if there is one."""
        lease = self.last(dataset)
        return lease if lease and lease.expires_at <= now.timestamp() else None

    def last(self, dataset: str) -> Lease | None:
        """The lease that nobody has given back, expired or not."""
        return self._lease(self._item(dataset))

    def last_fence(self, dataset: str) -> int:
        """The fencing number of the newest run, 0 before the first."""
        return int(self._item(dataset).get("fence", 0))

    def take(self, dataset: str, arrival_ids: list[str], now: datetime, after: int | None = None) -> Lease | None:
        """Take a free or expired lease for a new run of these arrivals; None when somebody else holds or took it.

        `after` is the fencing number seen before the arrivals were read: a run that came and went since, and may
        have taken them, is noticed by it.
        """
        last_fence = self.last_fence(dataset) if after is None else after
        fence = last_fence + 1
        lease = Lease(
            fence=fence,
            run_id=run_id_for(dataset, fence, arrival_ids),
            arrival_ids=tuple(arrival_ids),
            expires_at=int((now + self._duration).timestamp()),
        )
        unchanged = Attr("fence").eq(last_fence) if last_fence else Attr("pk").not_exists()
        free = Attr("run_id").not_exists() | Attr("expires_at").lte(int(now.timestamp()))
        item = {**_key(dataset), **lease.model_dump(), "arrival_ids": list(arrival_ids)}
        taken = took_effect(
            "take the lease", lambda: self._table.put_item(Item=item, ConditionExpression=unchanged & free)
        )
        return lease if taken else self._taken_already(dataset, lease)

    def _taken_already(self, dataset: str, lease: Lease) -> Lease | None:
        """The lease, if it is there as it was to be taken: by this call, whose answer was lost so that the SDK sent it
        again, or by somebody who starts the same run."""
        last = self.last(dataset)
        return last if last and (last.run_id, last.fence) == (lease.run_id, lease.fence) else None

    def renew(self, dataset: str, lease: Lease, now: datetime) -> Lease | None:
        """Have a lease count from now; None when its run no longer holds it."""
        renewed = lease.model_copy(update={"expires_at": int((now + self._duration).timestamp())})
        holds = took_effect(
            "renew the lease",
            lambda: self._table.update_item(
                Key=_key(dataset),
                UpdateExpression="SET expires_at = :expires_at",
                ConditionExpression=Attr("run_id").eq(lease.run_id) & Attr("fence").eq(lease.fence),
                ExpressionAttributeValues={":expires_at": renewed.expires_at},
            ),
        )
        return renewed if holds else None

    def age(self, lease: Lease, now: datetime) -> timedelta:
        """How long ago a lease was taken or renewed."""
        return now + self._duration - datetime.fromtimestamp(lease.expires_at, UTC)

    def release(self, dataset: str, run_id: str) -> bool:
        """Give the lease back; False when the run no longer held it. The fencing number stays."""
        return took_effect(
            "release the lease",
            lambda: self._table.update_item(
                Key=_key(dataset),
                UpdateExpression="REMOVE run_id, arrival_ids, expires_at",
                ConditionExpression=Attr("run_id").eq(run_id),
            ),
        )

    def _item(self, dataset: str) -> dict[str, int | str]:
        with store_faults("read the lease"):
            item = self._table.get_item(Key=_key(dataset), ConsistentRead=True).get("Item")
        return from_item(item) if item else {}

    @staticmethod
    def _lease(item: dict[str, int | str]) -> Lease | None:
        return Lease.model_validate(item) if "run_id" in item else None


def _key(dataset: str) -> dict[str, str]:
    return {"pk": f"DATASET#{dataset}", "sk": "LEASE"}
