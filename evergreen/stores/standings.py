"""What is in use of each data set, and how its last runs went, in few reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from evergreen.stores.batch_reads import read_all
from evergreen.stores.faults import store_faults
from evergreen.stores.items import from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_OF_A_RUN = ("run_id", "status", "started_at", "ended_at", "causes", "verdict")
_SHOWN = ("CHAMPION", "PUBLISHED", "ENDPOINT")

Standing = dict[str, dict[str, Any]]  # CHAMPION, PUBLISHED and ENDPOINT, where there is one


class Standings:
    """`DATASET#<id>` × `CHAMPION`, `PUBLISHED`, `ENDPOINT`, `RUN#…` of the Registry table, read only."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, datasets: Iterable[str]) -> dict[str, Standing]:
        """The champion and the published generation of each data set."""
        found: dict[str, Standing] = {dataset: {} for dataset in datasets}
        keys = [{"pk": f"DATASET#{each}", "sk": what} for each in found for what in _SHOWN]
        for item in read_all(self._table, keys, consistent=True):
            found[str(item["pk"]).removeprefix("DATASET#")][str(item["sk"])] = from_item(item)
        return found

    def last_runs(self, dataset: str, most: int) -> list[dict[str, Any]]:
        """The newest runs in brief, newest first."""
        names = {f"#{name}": name for name in _OF_A_RUN}
        with store_faults("read the last runs"):
            page = self._table.query(
                KeyConditionExpression=Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("RUN#"),
                ProjectionExpression=", ".join(names),
                ExpressionAttributeNames=names,
                ScanIndexForward=False,
                Limit=most,
                ConsistentRead=True,
            )
        return [from_item(item) for item in page["Items"]]
