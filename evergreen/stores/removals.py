"""Which generations were removed, or are about to be: written down before the first item goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.items import from_item, set_arguments
from evergreen.stores.registry import Change, holds_lease, put
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class Removal(Strict):
    """One generation that nobody can go back to any more."""

    generation: str
    begun_at: str
    by_run: str
    parts: int = 0  # so far
    items: int = 0
    done: bool = False


class Removals:
    """`DATASET#<id>` × `REMOVED#<generation>` of the Registry table.

    A rollback refuses a generation that stands here, and one that readers see never comes here: both are conditions of
    transactions, so that whichever is first wins.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, dataset: str) -> dict[str, Removal]:
        """Every removal of a data set, by generation."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("REMOVED#")
        found = (Removal.model_validate(each) for each in query_all(self._table, condition))
        return {each.generation: each for each in found}

    def begin(self, change: Change, generation: str) -> bool:
        """Whether the generation may be removed: the run holds the lease, and readers do not see the generation."""
        name, key = self._table.name, removal_key(change.dataset, generation)
        removal = Removal(generation=generation, begun_at=change.at.isoformat(), by_run=change.run_id)
        writes = [
            holds_lease(name, change),
            _unseen(name, change.dataset, generation),
            put(name, {**removal.model_dump(), **key}, None),
        ]
        try:
            with store_faults(f"begin to remove {generation}"):
                self._table.meta.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) == "TransactionCanceledException":
                return generation in self.of(change.dataset)  # begun by an earlier attempt
            raise
        return True

    def note(self, dataset: str, generation: str, **facts: Any) -> None:
        """How far it has come."""
        with store_faults(f"note the removal of {generation}"):
            self._table.update_item(Key=removal_key(dataset, generation), **set_arguments(facts))

    def find(self, dataset: str, generation: str) -> Removal | None:
        """The removal of one generation; None as long as there is none."""
        with store_faults(f"look whether {generation} was removed"):
            item = self._table.get_item(Key=removal_key(dataset, generation), ConsistentRead=True).get("Item")
        return Removal.model_validate(from_item(item)) if item else None


def removal_key(dataset: str, generation: str) -> dict[str, str]:
    """The key of a removal's item."""
    return {"pk": f"DATASET#{dataset}", "sk": f"REMOVED#{generation}"}


def still_there(table: str, dataset: str, generation: str) -> TransactWriteItemTypeDef:
    """A condition that nobody has begun to remove the generation."""
    key: Any = removal_key(dataset, generation)
    return {"ConditionCheck": {"TableName": table, "Key": key, "ConditionExpression": "attribute_not_exists(pk)"}}


def _unseen(table: str, dataset: str, generation: str) -> TransactWriteItemTypeDef:
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": {"pk": f"DATASET#{dataset}", "sk": "PUBLISHED"},
            "ConditionExpression": "generation <> :generation",
            "ExpressionAttributeValues": {":generation": generation},
        }
    }
