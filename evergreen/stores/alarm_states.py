"""Which alarms are on, by what CloudWatch has told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr, Key

from evergreen.stores.arrivals import query_all
from evergreen.stores.faults import store_faults, took_effect
from evergreen.stores.items import set_arguments
from evergreen.stuck_alarm import AlarmState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class AlarmStates:
    """`DATASET#<id>` × `ALARM#<name>` of the Registry table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, dataset: str, state: AlarmState) -> None:
        """Note a change; one that comes late, after a newer one, changes nothing."""
        condition = Attr("pk").not_exists() | Attr("at").lt(state.at)
        facts = state.model_dump(include={"alarm", "is_on", "at"})
        took_effect(
            "note an alarm's state",
            lambda: self._table.update_item(
                Key=_key(dataset, state.alarm), ConditionExpression=condition, **set_arguments(facts)
            ),
        )

    def note_told(self, dataset: str, state: AlarmState, at: str) -> None:
        """Note that people were told of an alarm since this change; a newer change is another matter."""
        told = {"told_of": state.at, "told_at": at}
        with store_faults("note what people were told"):
            self._table.update_item(Key=_key(dataset, state.alarm), **set_arguments(told))

    def on(self, dataset: str) -> list[AlarmState]:
        """The alarms that are on, the longest first."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("ALARM#")
        items = query_all(self._table, condition)
        states = [
            AlarmState(
                alarm=str(item["alarm"]),
                is_on=bool(item["is_on"]),
                at=str(item["at"]),
                told_at=str(item["told_at"]) if item.get("told_of") == item["at"] else None,
            )
            for item in items
            if "at" in item
        ]
        return sorted((state for state in states if state.is_on), key=lambda state: state.at)


def _key(dataset: str, alarm: str) -> dict[str, str]:
    return {"pk": f"DATASET#{dataset}", "sk": f"ALARM#{alarm}"}
