"""Bugs that people make in systems like this one, each planted by one patch."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from evergreen.generations import Loaded, LoadedPart, ScoringPart, reconcile
from evergreen.layout import RunLayout
from evergreen.ledger import Choice
from evergreen.manifest import DataReport
from evergreen.runs import dataset_of
from evergreen.stores.arrivals import ArrivalsLedger, ArrivalState
from evergreen.stores.endings import Endings, Status
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.loader import Loader
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.registry import Change, Registry
from evergreen.stores.runs import RunRecords
from functions.dispatch.admission import Admission
from functions.dispatch.dispatcher import Dispatcher
from functions.update_segments.comparing import SegmentUpdates
from tests.faults.deployment import Deployment
from tests.faults.execution import STATES

Plant = Callable[[pytest.MonkeyPatch, Deployment], None]


def flip_before_load(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    load = Loader.load

    def flipped(self: Loader, dataset: str, generation: str, rows: Iterable[Any]) -> int:
        every, registry = list(rows), deployment.module("publish_predictions").registry
        before, fence = registry.published(dataset), deployment.executions[generation].given["fence"]
        change = Change(dataset, generation, fence, before["generation"] if before else None, datetime.now(UTC))
        total = deployment.world.files.read(RunLayout(dataset, generation).report, DataReport).scoring_rows
        registry.publish(change, {"rows": total, "champion": every[0]["model"]})
        return load(self, dataset, generation, every)

    patch.setattr(Loader, "load", flipped)


def settled_before_published(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    load = Loader.load

    def settled(self: Loader, dataset: str, generation: str, rows: Iterable[Any]) -> int:
        complete, layout = deployment.module("complete_run"), RunLayout(dataset, generation)
        report = complete.files.read(layout.report, DataReport)
        manifest = complete.files.read(layout.manifest, complete.RunManifest)
        complete.endings.settle_files(generation, report, manifest.inputs, complete.files)
        return load(self, dataset, generation, rows)

    patch.setattr(Loader, "load", settled)


def counts_not_reconciled(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    from functions.publish_predictions import publishing

    def believed(parts: Sequence[ScoringPart], loaded: Iterable[LoadedPart | None]) -> Loaded:
        return Loaded(rows=sum(each.rows for each in parts), parts=len(parts), sample="1", segments={})

    patch.setattr(publishing, "reconcile", believed)


def parts_counted_as_one(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    """Whoever looks at the first part only takes it for the whole."""
    from functions.publish_predictions import publishing

    def first(parts: Sequence[ScoringPart], loaded: Iterable[LoadedPart | None]) -> Loaded:
        return reconcile(parts[:1], list(loaded)[:1])

    patch.setattr(publishing, "reconcile", first)


def the_rollbacks_generation_removed(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    """Everything but the newest generation goes, without a look at what readers see."""
    from functions.remove_superseded.removing import Remover

    def all_but_the_last(self: Remover, change: Change) -> list[str]:
        shown = [each.published.generation for each in self.registry.history(change.dataset) if each.published]
        return [*shown[:-1], change.run_id]

    patch.setattr(Remover, "_unneeded", all_but_the_last)
    patch.setattr("evergreen.stores.removals.Removals.begin", lambda *_: True)
    patch.setattr("evergreen.stores.removals.Removals.note", lambda *_, **__: None)


def told_before_sent(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    """Claim, then publish."""

    def end(self: Endings, run_id: str, status: Status, subject: str, body: str, **facts: Any) -> None:
        told = (self._runs.get(run_id) or {}).get("notified_at")
        self._runs.note(run_id, status=status, notified_at="now", **facts)
        if not told:
            notice = Notice(notification_id=run_id, dataset=dataset_of(run_id), kind=status, subject=subject, body=body)
            self._notices.send(notice)

    patch.setattr(Endings, "end", end)


def told_again(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    get = RunRecords.get

    def forgetful(self: RunRecords, run_id: str) -> dict[str, Any] | None:
        found = get(self, run_id)
        return {name: value for name, value in found.items() if name != "notified_at"} if found else None

    patch.setattr(RunRecords, "get", forgetful)


def another_notification_id_each_time(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    send = Notices.send

    def anew(self: Notices, notice: Notice) -> None:
        send(self, notice.model_copy(update={"notification_id": str(uuid.uuid4())}))

    patch.setattr(Notices, "send", anew)


def lease_never_released(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    patch.setattr(Leases, "release", lambda *_: True)


def no_fencing(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    import evergreen.stores.registry as store

    holds = store.holds_lease

    def whoever(table: str, change: Change) -> Any:
        (kind, check), *_ = holds(table, change).items()
        values = {":fence": 0}
        return {kind: {**check, "ConditionExpression": "fence > :fence", "ExpressionAttributeValues": values}}  # type: ignore[dict-item]

    patch.setattr(store, "holds_lease", whoever)


def promoted_without_condition(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    import evergreen.stores.registry as store

    no_fencing(patch, deployment)
    put = store.put

    def anyhow(table: str, item: Any, replaces: str | None) -> Any:
        write = put(table, item, replaces)["Put"]
        return {"Put": {name: write[name] for name in ("TableName", "Item")}}  # type: ignore[literal-required]

    patch.setattr(store, "put", anyhow)


def champion_written_again(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    change_it = Registry._change

    def again(self: Registry, what: str, change: Change, *more: Any) -> None:
        current = self._get(change.dataset, what)
        if current and current["run_id"] == change.run_id:
            change = replace(change, replaces=change.run_id)
        with pytest.MonkeyPatch.context() as context:
            context.setattr(Registry, "_get", lambda *_: None)
            change_it(self, what, change, *more)

    patch.setattr(Registry, "_change", again)


def same_change_refused(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    change_it = Registry._change

    def refused(self: Registry, what: str, change: Change, *more: Any) -> None:
        with pytest.MonkeyPatch.context() as context:
            context.setattr(Registry, "_get", lambda *_: None)
            change_it(self, what, change, *more)

    patch.setattr(Registry, "_change", refused)


def no_dedupe(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    def record(self: ArrivalsLedger, arrival: Any, *_: Any) -> bool:
        key = {"pk": f"DATASET#{arrival.dataset}", "sk": f"ARRIVAL#{arrival.arrival_id}"}
        self._table.put_item(Item={**key, **arrival.model_dump(exclude_none=True), "state": ArrivalState.WAITING})
        return True

    patch.setattr(ArrivalsLedger, "record", record)


def held_arrivals_lost(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    candidates = ArrivalsLedger.candidates

    def only_new(self: ArrivalsLedger, dataset: str, **asked: Any) -> list[Any]:
        return [each for each in candidates(self, dataset, **asked) if each.state != ArrivalState.HELD]

    patch.setattr(ArrivalsLedger, "candidates", only_new)


def settled_by_whoever_comes_last(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    from evergreen.stores.items import set_arguments

    def settle(self: Any, dataset: str, arrival_id: str, state: ArrivalState, run_id: str, **facts: Any) -> None:
        self._table.update_item(
            Key={"pk": f"DATASET#{dataset}", "sk": f"ARRIVAL#{arrival_id}"},
            ConditionExpression=Attr("pk").exists(),
            **set_arguments({"state": state, "run_id": run_id, **facts}),
        )

    patch.setattr(ArrivalsLedger, "settle", settle)


def events_taken_before_they_are_handled(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    take = Dispatcher.take

    def gone(self: Dispatcher, event: Any) -> None:
        with suppress(Exception):
            take(self, event)

    patch.setattr(Dispatcher, "take", gone)


def aborted_runs_not_ended(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    def close(self: Dispatcher, ended: Any) -> None:
        self.leases.release(ended.dataset, ended.run_id)

    patch.setattr(Dispatcher, "_close", close)


def silence_approves(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    catch = [{**STATES["AwaitApproval"]["Catch"][0], "Next": "PromoteChallenger"}]
    patch.setitem(STATES, "AwaitApproval", {**STATES["AwaitApproval"], "Catch": catch})
    patch.setattr(deployment.module("promote_challenger"), "granted", lambda *_, **__: None)


def jobs_named_the_same_at_each_attempt(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    state = STATES["TrainChallenger"]
    parameters = {**state["Parameters"], "TrainingJobName.$": "States.Format('{}-train', $$.Execution.Input.run_id)"}
    patch.setitem(STATES, "TrainChallenger", {**state, "Parameters": parameters})


def superseded_before_the_lease_is_taken(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    admitted = Admission.admitted

    def early(self: Admission, dataset: str, choice: Choice, now: datetime) -> list[str]:
        self.supersede(dataset, self.ledger.entries(dataset), tuple(each.arrival.arrival_id for each in choice.ready))
        return admitted(self, dataset, choice, now)

    patch.setattr(Admission, "admitted", early)


def no_run_without_its_timer(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    start = Dispatcher._start

    def timed(self: Dispatcher, dataset: str, lease: Lease, now: datetime) -> bool:
        if self.runs.get(lease.run_id) is None:
            self.timers.wake(dataset, datetime.fromtimestamp(lease.expires_at, UTC), now)
        return start(self, dataset, lease, now)

    patch.setattr(Dispatcher, "_start", timed)


def own_lease_taken_for_anothers(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    patch.setattr(Leases, "_taken_already", lambda *_: None)


def compared_before_it_is_written(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    def noted(self: Any, dataset: str, seen: Any, bring_to: Any = SegmentUpdates._bring_to) -> Any:
        first = self.segments.status(dataset).get("generation") != seen.generation
        self.segments.compared(dataset, seen.generation, seen.fence, 0)
        return bring_to(self, dataset, seen) if first else {}

    patch.setattr(SegmentUpdates, "_bring_to", noted)


# Each with where the matrix finds it, state and kind of fault, and what it says then.
PLANTED: dict[Plant, tuple[str, str, str]] = {
    flip_before_load: ("LoadPredictions", "killed", "readers see 0 of"),
    settled_before_published: ("ScoreEntities", "loses a row", "which never came so far"),
    counts_not_reconciled: ("ScoreEntities", "loses a row", "readers see"),
    parts_counted_as_one: ("LoadPredictions", "old events", "readers see"),
    the_rollbacks_generation_removed: ("RemoveSuperseded", "raises", "readers see 0 of"),
    compared_before_it_is_written: ("UpdateSegments", "killed and invoked again", "the CRM is not told"),
    told_before_sent: ("CompleteRun", "killed and invoked again", "nobody was told"),
    told_again: ("CompleteRun", "answer lost", "people were told 2 times"),
    another_notification_id_each_time: ("CompleteRun", "raises", "ids of their own"),
    lease_never_released: ("TrainChallenger", "AlgorithmError", "holds the lease when nothing runs"),
    no_fencing: ("PublishPredictions", "zombie", "readers went back"),
    promoted_without_condition: ("PromoteChallenger", "zombie", "an older run took over"),
    champion_written_again: ("PromoteChallenger", "answer lost", "changed more than once"),
    same_change_refused: ("PromoteChallenger", "answer lost", "what passes by itself ended the run"),
    no_dedupe: ("TrainChallenger", "old events", "in 2 finished runs"),
    held_arrivals_lost: ("TrainChallenger", "AlgorithmError", "is HELD when nothing is left to do"),
    settled_by_whoever_comes_last: ("FailRun", "aborted", "is HELD when nothing is left to do"),
    events_taken_before_they_are_handled: ("Dispatch of a drop", "throttled", "nobody knows of"),
    aborted_runs_not_ended: ("TrainChallenger", "aborted", "its record says that it runs"),
    superseded_before_the_lease_is_taken: ("Dispatch of a timer", "overwritten", "though a run took it"),
    no_run_without_its_timer: ("Dispatch of a drop", "denied", "a Scheduler that is away holds a run up"),
    own_lease_taken_for_anothers: ("Dispatch of a drop", "sent again", "a run that nobody starts"),
    silence_approves: ("AwaitApproval", "times out", "without a verdict that says so"),
    jobs_named_the_same_at_each_attempt: ("TrainChallenger", "InternalServerError", "is there already"),
}
