"""What each data set is to unlearn, by whose word and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import store_faults
from evergreen.stores.items import to_item
from evergreen.unlearned import Unlearned

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class UnlearnedSources:
    """`DATASET#<id>` × `UNLEARNED#<id of the source>` of the Registry table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, dataset: str) -> list[Unlearned]:
        """Everything that is left out, oldest first."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("UNLEARNED#")
        found = query_all(self._table, condition)
        fields = ({name: item[name] for name in Unlearned.model_fields} for item in found)
        return sorted(map(Unlearned.model_validate, fields), key=lambda each: each.at)

    def add(self, dataset: str, unlearned: Unlearned) -> None:
        """Leave a source out from the next run on; said again, the newest reason counts."""
        item = {**_key(dataset, unlearned.unlearned_id), **unlearned.model_dump(mode="json")}
        with store_faults("note what is to be unlearned"):
            self._table.put_item(Item=to_item(item))

    def remove(self, dataset: str, unlearned: Unlearned) -> None:
        """Take a source in again from the next run on."""
        with store_faults("forget what was to be unlearned"):
            self._table.delete_item(Key=_key(dataset, unlearned.unlearned_id))


def _key(dataset: str, unlearned_id: str) -> dict[str, str]:
    return {"pk": f"DATASET#{dataset}", "sk": f"UNLEARNED#{unlearned_id}"}
