"""The arrivals ledger: each arrival recorded once, and where it stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from evergreen.arrivals import Arrival
from evergreen.ledger import OPEN, ArrivalState, LedgerEntry, Needless
from evergreen.stores.faults import code_of, store_faults, took_effect
from evergreen.stores.items import from_item, set_arguments, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


__all__ = ["MOST_AT_ONCE", "MOST_FAILURES", "ArrivalState", "ArrivalsLedger", "query_all"]

MOST_AT_ONCE = 500  # arrivals in one run: its record stays far below DynamoDB's 400 KB; the rest makes the next run
MOST_FAILURES = 3
OUTCOMES = "outcomes"  # the kind of what a run collects by itself
_MOST_NAMED = 100  # values in a filter's IN, DynamoDB's own limit
_IS_OPEN = Attr("state").is_in(sorted(OPEN))


class ArrivalsLedger:
    """`DATASET#<id>` × `ARRIVAL#<arrival id>` of the Registry table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, arrival: Arrival, at: datetime | None = None) -> bool:
        """Write the arrival down as WAITING; False when it is there already, so that a redelivery changes nothing."""
        facts = {"state": ArrivalState.WAITING, "recorded_at": (at or datetime.now(UTC)).isoformat()}
        item = {**_key(arrival.dataset, arrival.arrival_id), **arrival.model_dump(), **facts}
        return took_effect(
            "record an arrival",
            lambda: self._table.put_item(Item=to_item(item), ConditionExpression=Attr("pk").not_exists()),
        )

    def is_open(self, dataset: str, arrival_id: str) -> bool:
        """Whether an arrival is there and not settled yet."""
        with store_faults("read an arrival"):
            item = self._table.get_item(Key=_key(dataset, arrival_id), ConsistentRead=True).get("Item")
        return bool(item and item["state"] in OPEN)

    def entries(self, dataset: str) -> list[LedgerEntry]:
        """Every arrival of a data set, oldest first."""
        return self._entries(dataset)

    def candidates(self, dataset: str, *, snapshots: bool) -> list[LedgerEntry]:
        """What is open, oldest first; and what is settled of the same batches, or with `snapshots` of the same keys,
        for that may have taken its place."""
        waiting = self._entries(dataset, _IS_OPEN)
        batches = {each.arrival.batch for each in waiting} - {None}
        keys = {each.arrival.key for each in waiting} if snapshots else set()
        if not batches and not keys:
            return waiting
        few = len(batches) <= _MOST_NAMED and len(keys) <= _MOST_NAMED
        named = [Attr("batch").is_in(sorted(map(str, batches)))] if batches else []
        named += [Attr("key").is_in(sorted(map(str, keys)))] if keys else []
        beside: ConditionBase = _IS_OPEN
        for each in named:
            beside |= each
        known = {each.arrival.arrival_id for each in waiting}  # what came since waits for its own event
        found = self._entries(dataset, beside if few else None)
        return [each for each in found if not each.is_open or each.arrival.arrival_id in known]

    def entries_of_run(self, dataset: str, arrival_ids: Sequence[str]) -> list[LedgerEntry]:
        """What a run is about to take, whatever else is open, and what was superseded, oldest first."""
        found = self._entries(dataset, _IS_OPEN | Attr("superseded_by").exists())
        has_all = set(arrival_ids) <= {each.arrival.arrival_id for each in found}
        return found if has_all else self._entries(dataset)  # a run before it woke up late, and settled some

    def alarms(self, dataset: str) -> list[LedgerEntry]:
        """Every alarm that asked for a run, oldest first."""
        return self._entries(dataset, Attr("kind").eq("alarm"))

    def waiting(self, dataset: str) -> list[Arrival]:
        """What waits for a run, oldest first: empty unless something is new, and then with what failed runs left."""
        open_ones = self._entries(dataset, _IS_OPEN)
        if not any(entry.state == ArrivalState.WAITING for entry in open_ones):
            return []
        return [entry.arrival for entry in open_ones]

    def get(self, dataset: str, arrival_ids: list[str]) -> list[Arrival]:
        """The arrivals with these ids, oldest first."""
        wanted = set(arrival_ids)
        if not wanted:
            return []
        named = Attr("arrival_id").is_in(sorted(wanted)) if len(wanted) <= _MOST_NAMED else None
        return [each.arrival for each in self._entries(dataset, named) if each.arrival.arrival_id in wanted]

    def open_among(self, dataset: str, arrival_ids: list[str]) -> list[str]:
        """Which of these arrivals are not settled yet."""
        wanted = set(arrival_ids)
        return [item["arrival_id"] for item in self._all(dataset, _IS_OPEN) if item["arrival_id"] in wanted]

    def accepted_keys(self, dataset: str, unlearned: Collection[str] = ()) -> list[str]:
        """The Parquet files of every arrival that earlier runs finished with, in the order in which runs took them.

        What was dropped at, or taken in by, what is unlearned is left out. Of outcomes the newest are all there are:
        each run that collects some takes the earlier ones over.
        """
        done = self._accepted(dataset, unlearned)
        newest = [item["arrival_id"] for item in done if item["kind"] == OUTCOMES][-1:]
        return [item["accepted_key"] for item in done if item["kind"] != OUTCOMES or item["arrival_id"] in newest]

    def newest_outcomes(self, dataset: str, unlearned: Collection[str] = ()) -> LedgerEntry | None:
        """The outcomes that the last run to collect some has brought into the history."""
        found = [item for item in self._accepted(dataset, unlearned) if item["kind"] == OUTCOMES]
        return _entry(found[-1]) if found else None

    def record_outcomes(self, arrival: Arrival, run_id: str, accepted_key: str) -> None:
        """Write down outcomes that a run has collected by itself, as settled; again changes nothing."""
        facts = {"state": ArrivalState.DONE, "run_id": run_id, "accepted_key": accepted_key, "recorded_at": arrival.at}
        given = {name: value for name, value in arrival.model_dump().items() if value is not None}
        with store_faults("record outcomes"):
            self._table.update_item(Key=_key(arrival.dataset, arrival.arrival_id), **set_arguments({**given, **facts}))

    def _accepted(self, dataset: str, unlearned: Collection[str]) -> list[dict[str, str]]:
        done = [item for item in self._all(dataset) if item["state"] == ArrivalState.DONE and item.get("accepted_key")]
        kept = [item for item in done if not _is_unlearned(item, unlearned)]
        return sorted(kept, key=lambda item: (item["accepted_key"].rpartition("/")[0], item["at"], item["arrival_id"]))

    def hold(self, dataset: str, arrival_id: str, run_id: str, reason: str) -> bool:
        """Keep an arrival of a failed run for the next one; False when MOST_FAILURES runs failed with it, and it is
        quarantined instead."""
        with store_faults("hold an arrival"):
            failed = self._table.update_item(
                Key=_key(dataset, arrival_id),
                UpdateExpression="ADD failed_runs :run_ids",
                ConditionExpression=Attr("pk").exists(),
                ExpressionAttributeValues={":run_ids": {run_id}},
                ReturnValues="ALL_NEW",
            )["Attributes"]["failed_runs"]
        if len(failed) < MOST_FAILURES:  # type: ignore[arg-type]  # a set of strings
            self.settle(dataset, arrival_id, ArrivalState.HELD, run_id)
            return True
        why = f"{MOST_FAILURES} runs failed with it; the last: {reason}"
        self.settle(dataset, arrival_id, ArrivalState.QUARANTINED, run_id, reason=why)
        return False

    def given_up(self, dataset: str) -> list[dict[str, Any]]:
        """What failed runs left, oldest first: HELD for the next run, or QUARANTINED after MOST_FAILURES of them; and
        what S3 would not give."""
        left = Attr("state").is_in([ArrivalState.HELD, ArrivalState.QUARANTINED])
        found = [item for item in self._all(dataset, left) if _is_given_up(item)]
        return sorted(found, key=lambda item: (item["at"], item["arrival_id"]))

    def reopen(self, dataset: str, arrival_id: str) -> bool:
        """Have an arrival that failed runs left, or S3 would not give, wait again; False when that is not so."""
        held = Attr("state").eq(ArrivalState.HELD)
        given_up = Attr("failed_runs").exists() & Attr("failed_runs").size().gte(MOST_FAILURES)
        set_aside = Attr("state").eq(ArrivalState.QUARANTINED) & (given_up | Attr("unreadable").exists())
        return took_effect(
            "reopen an arrival",
            lambda: self._table.update_item(
                Key=_key(dataset, arrival_id),
                UpdateExpression="SET #state = :waiting REMOVE failed_runs, run_id, reason, unreadable",
                ConditionExpression=held | set_aside,
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":waiting": ArrivalState.WAITING},
            ),
        )

    def settle(
        self, dataset: str, arrival_id: str, state: ArrivalState, run_id: str, **facts: str | bool | None
    ) -> None:
        """Say how an arrival ended in a run; saying it twice is the same as once.

        What another run has settled meanwhile stays as it is: a run that was stopped may wake up late.
        """
        unsettled = Attr("state").is_in([ArrivalState.WAITING, ArrivalState.HELD])
        may = unsettled if state == ArrivalState.HELD else unsettled | Attr("run_id").eq(run_id)
        try:
            with store_faults("settle an arrival"):
                self._table.update_item(
                    Key=_key(dataset, arrival_id),
                    ConditionExpression=Attr("pk").exists() & may,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **set_arguments({"state": state, "run_id": run_id, **facts}),
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException" or "Item" not in error.response:
                raise

    def supersede(self, dataset: str, needless: Needless) -> None:
        """Say that no run will take an arrival, and what took its place; a settled one stays as it is."""
        facts = {"state": ArrivalState.SUPERSEDED, "reason": needless.reason, "superseded_by": needless.superseded_by}
        self._note_open(dataset, needless.arrival_id, facts)

    def note_sha256(self, dataset: str, arrival_id: str, sha256: str) -> None:
        """Keep the hash of an object that waits, so that it is computed once."""
        self._note_open(dataset, arrival_id, {"sha256": sha256})

    def _note_open(self, dataset: str, arrival_id: str, facts: dict[str, Any]) -> None:
        arguments = set_arguments(facts)
        took_effect(
            "note a fact of an arrival",
            lambda: self._table.update_item(
                Key=_key(dataset, arrival_id),
                ConditionExpression=Attr("state").is_in(sorted(OPEN)),
                **arguments,
            ),
        )

    def _entries(self, dataset: str, kept: ConditionBase | None = None) -> list[LedgerEntry]:
        return sorted((_entry(item) for item in self._all(dataset, kept)), key=lambda entry: entry.order)

    def _all(self, dataset: str, kept: ConditionBase | None = None) -> list[dict[str, str]]:
        """Those that a condition keeps. A ledger only grows; DynamoDB leaves the others out, so that what waits is
        found in time however many are settled."""
        condition = Key("pk").eq(f"DATASET#{dataset}") & Key("sk").begins_with("ARRIVAL#")
        narrowed = {} if kept is None else {"FilterExpression": kept}
        return query_all(self._table, condition, **narrowed)


def query_all(table: Table, condition: object, **narrowed: object) -> list[dict[str, str]]:
    """Every item of a strongly consistent query, page after page; `narrowed` as by a FilterExpression."""
    items: list[dict[str, str]] = []
    start: dict[str, object] = {}
    while True:
        with store_faults("query the registry"):
            page = table.query(KeyConditionExpression=condition, ConsistentRead=True, **narrowed, **start)  # type: ignore[arg-type]
        items.extend(from_item(item) for item in page["Items"])
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _key(dataset: str, arrival_id: str) -> dict[str, str]:
    return {"pk": f"DATASET#{dataset}", "sk": f"ARRIVAL#{arrival_id}"}


def _entry(item: dict[str, Any]) -> LedgerEntry:
    arrival = Arrival.model_validate({name: item[name] for name in Arrival.model_fields if name in item})
    facts = {name: item[name] for name in LedgerEntry.model_fields if name in item}
    return LedgerEntry.model_validate({"recorded_at": arrival.at, **facts, "arrival": arrival})


def _is_unlearned(item: dict[str, Any], unlearned: Collection[str]) -> bool:
    """Outcomes of a run that is unlearned stay, for they hold those of earlier runs, too; their rows are told apart."""
    if item["kind"] == OUTCOMES:
        return False
    return item.get("run_id") in unlearned or f"s3://{item.get('bucket')}/{item.get('key')}" in unlearned


def _is_given_up(item: dict[str, Any]) -> bool:
    failures = len(item.get("failed_runs", ()))
    quarantined = item["state"] == ArrivalState.QUARANTINED
    return (quarantined and (failures >= MOST_FAILURES or "unreadable" in item)) or item["state"] == ArrivalState.HELD
