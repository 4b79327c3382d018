"""From an event to a run: record it, take the lease, start the workflow; each step safe to repeat."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from evergreen.arrivals import Arrival, ExecutionEnded, MisplacedObject, RefusedRequest, arrival_of, safe_file_name
from evergreen.contracts import Contracts
from evergreen.dependants import dependants_of
from evergreen.errors import StoreUnavailable
from evergreen.requests import promotion_request
from evergreen.stores.arrivals import ArrivalsLedger, ArrivalState
from evergreen.stores.endings import Endings, Status
from evergreen.stores.files import Files
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.outbox import Outbox
from evergreen.stores.registry import Registry
from evergreen.stores.requests import Requests
from evergreen.stores.runs import RunRecords
from evergreen.stores.task_tokens import TaskTokens
from evergreen.stores.workflows import Workflows
from functions.dispatch.answers import Answers
from functions.dispatch.settings import Settings

_TRIES = 3
_CAUSES = 20  # told of each run; the ledger has them all


@dataclass(frozen=True)
class Dispatcher:
    """One at a time per data set: whatever arrives during a run waits, and makes exactly one next run."""

    contracts: Contracts
    ledger: ArrivalsLedger
    leases: Leases
    runs: RunRecords
    endings: Endings
    workflows: Workflows
    files: Files
    notices: Notices
    registry: Registry
    requests: Requests
    answers: Answers

    @classmethod
    def wired(cls, settings: Settings) -> "Dispatcher":
        """The dispatcher of this deployment."""
        table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
        ledger, runs, registry = ArrivalsLedger(table), RunRecords(table), Registry(table)
        stepfunctions = boto3.client("stepfunctions")
        notices = Notices(boto3.client("sns"), settings.NOTICES_TOPIC_ARN)
        return cls(
            contracts=Contracts.deployed(),
            ledger=ledger,
            leases=Leases(table, timedelta(hours=settings.LEASE_HOURS)),
            runs=runs,
            endings=Endings(ledger, runs, registry, notices, Outbox(table)),
            workflows=Workflows(stepfunctions, settings.STATE_MACHINE_ARN),
            files=Files(boto3.client("s3"), settings.DATA_BUCKET),
            notices=notices,
            registry=registry,
            requests=Requests(boto3.client("events"), settings.STATE_MACHINE_ARN),
            answers=Answers(TaskTokens(table, stepfunctions), runs),
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """Handle one EventBridge event, which may come again, late or out of order."""
        try:
            arrival = arrival_of(event, self.contracts.ids)
        except MisplacedObject as misplaced:
            self._quarantine(misplaced.arrival, str(misplaced))
            return
        except RefusedRequest as refused:
            self.answers.refuse(refused)
            return
        match arrival:
            case Arrival():
                self._record(arrival)
                self._start_next(arrival.dataset)
                self.answers.give(arrival.dataset)
            case ExecutionEnded():
                self._close(arrival)
                self._start_next(arrival.dataset)
                self.answers.give(arrival.dataset)

    def _record(self, arrival: Arrival) -> None:
        """Write the arrival down, and who waits for it; a redrive first has what failed runs gave up wait again."""
        if arrival.kind == "redrive" and not self.ledger.get(arrival.dataset, [arrival.arrival_id]):
            for each in self.ledger.given_up(arrival.dataset):
                self.ledger.reopen(arrival.dataset, each["arrival_id"])
        self.ledger.record(arrival)
        if arrival.task_token:
            self.answers.tokens.keep(arrival.dataset, arrival.arrival_id, arrival.task_token)

    def _start_next(self, dataset: str) -> None:
        lease = self.leases.held(dataset, datetime.now(UTC)) or self._take_lease(dataset)
        if lease is None or self._start(dataset, lease):
            return
        # The holder's execution is over, and its status event, which AWS sends as best it can, has not come.
        ended = self.workflows.ended(lease.run_id)
        if ended:
            self._close(ended)
            following = self._take_lease(dataset)
            if following:
                self._start(dataset, following)

    def _take_lease(self, dataset: str) -> Lease | None:
        """Take it for whatever waits; None when nothing does, or when another run holds it, which starts the next."""
        for _ in range(_TRIES):
            last_fence = self.leases.last_fence(dataset)
            waiting = [arrival.arrival_id for arrival in self.ledger.waiting(dataset)]
            lease = self.leases.take(dataset, waiting, datetime.now(UTC), after=last_fence) if waiting else None
            if lease or not waiting or self.leases.held(dataset, datetime.now(UTC)):
                return lease
        # A rollback raises the fencing number without holding the lease, so nobody else would start this run.
        raise StoreUnavailable(f"the lease of {dataset} changed {_TRIES} times and nobody holds it")

    def _start(self, dataset: str, lease: Lease) -> bool:
        """Start the holder's execution; one that runs already is left alone. False when it is over."""
        causes = [arrival.cause for arrival in self.ledger.get(dataset, list(lease.arrival_ids))]
        more = [f"and {len(causes) - _CAUSES} more"] if len(causes) > _CAUSES else []
        self.runs.create(
            lease.run_id,
            status=Status.RUNNING,
            fence=lease.fence,
            arrival_ids=list(lease.arrival_ids),
            causes=[*causes[:_CAUSES], *more],
            started_at=datetime.now(UTC).isoformat(),
        )
        return self.workflows.start(lease.run_id, dataset=dataset, fence=lease.fence)

    def _close(self, ended: ExecutionEnded) -> None:
        """Free the lease; an execution that was aborted or timed out never reached its own last state."""
        run = self.runs.get(ended.run_id)
        if run and run["status"] == Status.RUNNING:
            reason = f"The execution ended as {ended.status}. {ended.error or ''} {ended.cause or ''}".strip()
            self.endings.fail(ended.run_id, reason)
        self._ask_dependants(ended)
        self.leases.release(ended.dataset, ended.run_id)

    def _ask_dependants(self, ended: ExecutionEnded) -> None:
        """Ask for a run of every data set that follows this one, if the run made its champion."""
        dependants = dependants_of(ended.dataset, self.contracts)
        if dependants and (self.registry.champion(ended.dataset) or {}).get("run_id") == ended.run_id:
            self.requests.send(*(promotion_request(each, ended.dataset, ended.run_id) for each in dependants))

    def _quarantine(self, arrival: Arrival, reason: str) -> None:
        if not self.ledger.record(arrival) and not self.ledger.open_among(arrival.dataset, [arrival.arrival_id]):
            return
        to = f"quarantine/{arrival.dataset}/{arrival.arrival_id}/{safe_file_name(arrival.key or '')}"
        copied = self.files.freeze(arrival.bucket or "", arrival.key or "", arrival.version_id or "null", to)
        kept = f"A copy is at {self.files.uri(to)}." if copied else "It was deleted before it could be copied."
        self.notices.send(
            Notice(
                notification_id=arrival.arrival_id,
                dataset=arrival.dataset,
                kind=Status.DATA_REJECTED,
                subject="A dropped file belongs to no data set",
                body=f"{reason}\n{kept}",
            )
        )
        self.ledger.settle(arrival.dataset, arrival.arrival_id, ArrivalState.QUARANTINED, "none", reason=reason)
