"""What Dispatch holds back, noted so that people can ask why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from evergreen.batches import BatchState
from evergreen.pacing import NextStart
from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import store_faults
from evergreen.stores.items import from_item, set_arguments

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_LONGEST_FAULT = 300  # bytes; one for each file of the largest batch must fit into an item of 400 KB


class Holdbacks:
    """`DATASET#<id>` × `NEXTSTART` | `BATCH#<name>` of the Registry table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note_start(self, dataset: str, start: NextStart) -> None:
        """Note when what waits may start a run, and why not earlier."""
        self._note(dataset, "NEXTSTART", start.model_dump(mode="json"))

    def next_start(self, dataset: str) -> NextStart | None:
        """What was noted last; it may be over."""
        found = self._get(dataset, "NEXTSTART")
        return NextStart.model_validate(found) if found else None

    def note_batch(self, dataset: str, batch: BatchState, noted: BatchState | None) -> None:
        """Note what an incomplete batch lacks, unless that is what was noted before."""
        faults = tuple(fault.encode()[:_LONGEST_FAULT].decode(errors="ignore") for fault in batch.faults)
        short = batch.model_copy(update={"faults": faults, "told_since": noted.told_since if noted else None})
        if short != noted:
            self._note(dataset, f"BATCH#{batch.name}", short.model_dump(mode="json"))

    def note_told(self, dataset: str, batch: BatchState) -> None:
        """Note that people were told of an overdue batch."""
        self._note(dataset, f"BATCH#{batch.name}", {"told_since": batch.since.isoformat()})

    def batches(self, dataset: str) -> dict[str, BatchState]:
        """What was noted last of each batch, by name; it may be complete since."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("BATCH#")
        items = query_all(self._table, condition)
        known = [
            {name: item[name] for name in BatchState.model_fields if name in item} for item in items if "faults" in item
        ]
        return {str(each["name"]): BatchState.model_validate(each) for each in known}

    def _note(self, dataset: str, kind: str, facts: dict[str, Any]) -> None:
        with store_faults("note what is held back"):
            self._table.update_item(Key={"pk": f"DATASET#{dataset}", "sk": kind}, **set_arguments(facts))

    def _get(self, dataset: str, kind: str) -> dict[str, Any]:
        with store_faults("read what is held back"):
            key = {"pk": f"DATASET#{dataset}", "sk": kind}
            item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return from_item(item) if item else {}
