"""What is known of each run, written by the run's own states as it goes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from evergreen.runs import dataset_of
from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import store_faults, took_effect
from evergreen.stores.items import from_item, set_arguments, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class RunRecords:
    """`DATASET#<id>` × `RUN#<run id>` of the Registry table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, run_id: str, **facts: Any) -> None:
        """Write a new run down; one that is there already stays as it is."""
        took_effect(
            "record a run",
            lambda: self._table.put_item(
                Item=to_item({**run_key(run_id), "run_id": run_id, "dataset": dataset_of(run_id), **facts}),
                ConditionExpression=Attr("pk").not_exists(),
            ),
        )

    def note(self, run_id: str, **facts: Any) -> None:
        """Add facts to a run; the same facts again change nothing."""
        with store_faults("note a fact of a run"):
            self._table.update_item(Key=run_key(run_id), **set_arguments(facts))

    def get(self, run_id: str) -> dict[str, Any] | None:
        """One run's record, or None when there is none."""
        with store_faults("read a run"):
            item = self._table.get_item(Key=run_key(run_id), ConsistentRead=True).get("Item")
        return from_item(item) if item else None

    def of(self, dataset: str) -> list[dict[str, Any]]:
        """Every run of a data set, newest first."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("RUN#")
        return sorted(query_all(self._table, condition), key=lambda run: run["run_id"], reverse=True)

    def newest(self, dataset: str) -> dict[str, Any] | None:
        """The run that started last, or None when there is none."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("RUN#")
        with store_faults("read the newest run"):
            page = self._table.query(
                KeyConditionExpression=condition, ScanIndexForward=False, Limit=1, ConsistentRead=True
            )
        return from_item(page["Items"][0]) if page["Items"] else None

    def recent_starts(self, dataset: str, most: int) -> list[datetime]:
        """When the newest runs started, at most so many of them."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("RUN#")
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:  # a page ends at 1 MB of whole records, whatever is asked of them
            with store_faults("read the newest runs"):
                page = self._table.query(
                    KeyConditionExpression=condition,
                    ProjectionExpression="started_at",
                    ScanIndexForward=False,
                    Limit=most - len(found),
                    ConsistentRead=True,
                    **start,
                )
            found += page["Items"]
            if len(found) >= most or "LastEvaluatedKey" not in page:
                return [datetime.fromisoformat(str(item["started_at"])) for item in found if "started_at" in item]
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def run_key(run_id: str) -> dict[str, str]:
    """The key of a run's record."""
    return {"pk": f"DATASET#{dataset_of(run_id)}", "sk": f"RUN#{run_id}"}
