"""What is known of each data set's endpoint, written only by whoever may move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from evergreen.endpoint_moves import EndpointRecord
from evergreen.errors import RunSuperseded
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.items import from_item, to_item
from evergreen.stores.registry import Change, holds_lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


@dataclass(frozen=True)
class Right:
    """By what somebody may move an endpoint: the lease of a run, or else that this is the champion still."""

    dataset: str
    champion: str
    run: Change | None = None

    def condition(self, table: str) -> TransactWriteItemTypeDef:
        """What must hold for a write to take place."""
        if self.run:
            return holds_lease(table, self.run)
        return {
            "ConditionCheck": {
                "TableName": table,
                "Key": {"pk": f"DATASET#{self.dataset}", "sk": "CHAMPION"},
                "ConditionExpression": "run_id = :champion",
                "ExpressionAttributeValues": {":champion": self.champion},
            }
        }


class EndpointRecords:
    """`DATASET#<id>` × `ENDPOINT` of the Registry table.

    A run writes while it holds the lease; who comes without a run, as after a rollback, while the champion is the one
    that the endpoint is brought to. Raises RunSuperseded when that no longer holds.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, dataset: str) -> EndpointRecord | None:
        """The record of a data set's endpoint; None when it never had one."""
        with store_faults(f"read what is known of the endpoint of {dataset}"):
            item = self._table.get_item(Key=_key(dataset), ConsistentRead=True).get("Item")
        return EndpointRecord.model_validate(from_item(item)) if item else None

    def write(self, record: EndpointRecord, right: Right) -> None:
        """Note how far it is."""
        item = to_item({**_key(right.dataset), **record.model_dump()})
        self._change(right, {"Put": {"TableName": self._table.name, "Item": item}})

    def confirm(self, right: Right) -> None:
        """Raises RunSuperseded unless the endpoint may be moved now."""
        self._change(right)

    def _change(self, right: Right, *writes: TransactWriteItemTypeDef) -> None:
        try:
            with store_faults(f"note how far the endpoint of {right.dataset} is"):
                self._table.meta.client.transact_write_items(TransactItems=[right.condition(self._table.name), *writes])
        except ClientError as error:
            if code_of(error) == "TransactionCanceledException":
                who = right.run.run_id if right.run else f"who brings back {right.champion}"
                raise RunSuperseded(f"{who} may no longer move the endpoint of {right.dataset}") from error
            raise


def _key(dataset: str) -> dict[str, str]:
    return {"pk": f"DATASET#{dataset}", "sk": "ENDPOINT"}
