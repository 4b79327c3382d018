"""From an event to a run: record it, take the lease, start the workflow; each step safe to repeat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from evergreen.arrivals import (
    AlarmCleared,
    Arrival,
    ExecutionEnded,
    MisplacedObject,
    RefusedRequest,
    Wake,
    arrival_of,
)
from evergreen.contracts import Contracts
from evergreen.dependants import dependants_of
from evergreen.errors import StoreUnavailable
from evergreen.ledger import Choice, LedgerEntry
from evergreen.requests import promotion_request
from evergreen.stores.alarm_states import AlarmStates
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.endings import Endings, Status
from evergreen.stores.event_bus import Announcements
from evergreen.stores.files import Files
from evergreen.stores.holdbacks import Holdbacks
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.notices import Notices
from evergreen.stores.outbox import Outbox
from evergreen.stores.registry import Registry
from evergreen.stores.requests import Requests
from evergreen.stores.runs import RunRecords
from evergreen.stores.task_tokens import TaskTokens
from evergreen.stores.timers import Timers, TimerTarget
from evergreen.stores.workflows import Workflows
from functions.dispatch.admission import Admission
from functions.dispatch.alarms import Alarms
from functions.dispatch.answers import Answers
from functions.dispatch.settings import Settings

_LATE = timedelta(minutes=10)  # less than what a lease lasts longer than a run
_TRIES = 3
_LONGEST_ERROR = 300
_CAUSES = 20  # told of each run; the ledger has them all


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Dispatcher:
    """One at a time per data set: whatever arrives during a run waits, and makes exactly one next run."""

    contracts: Contracts
    ledger: ArrivalsLedger
    leases: Leases
    runs: RunRecords
    endings: Endings
    workflows: Workflows
    timers: Timers
    admission: Admission
    registry: Registry
    requests: Requests
    answers: Answers
    alarms: Alarms
    clock: Callable[[], datetime] = _now

    @classmethod
    def wired(cls, settings: Settings) -> "Dispatcher":
        """The dispatcher of this deployment."""
        table = boto3.resource("dynamodb").Table(settings.REGISTRY_TABLE)
        contracts, ledger = Contracts.deployed(), ArrivalsLedger(table)
        runs, registry = RunRecords(table), Registry(table)
        stepfunctions = boto3.client("stepfunctions")
        notices = Notices(boto3.client("sns"), settings.NOTICES_TOPIC_ARN)
        announcements = Announcements.of(table, settings.EVENT_BUS)
        files = Files(boto3.client("s3"), settings.DATA_BUCKET)
        target = TimerTarget(
            settings.SCHEDULE_GROUP, settings.ARRIVALS_QUEUE_ARN, settings.DEAD_LETTERS_ARN, settings.SCHEDULER_ROLE_ARN
        )
        timers = Timers(boto3.client("scheduler"), target)
        alarms = Alarms(contracts, AlarmStates(table), ledger, runs, registry, notices, timers, files)
        return cls(
            contracts=contracts,
            ledger=ledger,
            leases=Leases(table, timedelta(hours=settings.LEASE_HOURS)),
            runs=runs,
            endings=Endings(ledger, runs, registry, notices, Outbox(table), announcements=announcements),
            workflows=Workflows(stepfunctions, settings.STATE_MACHINE_ARN),
            timers=timers,
            admission=Admission(contracts, ledger, runs, files, notices, Holdbacks(table), timers, alarms),
            registry=registry,
            requests=Requests(boto3.client("events"), settings.STATE_MACHINE_ARN),
            answers=Answers(TaskTokens(table, stepfunctions), runs),
            alarms=alarms,
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """Handle one EventBridge event, which may come again, late or out of order."""
        now = self.clock()
        try:
            arrival = arrival_of(event, self.contracts.ids)
        except MisplacedObject as misplaced:
            self._quarantine(misplaced.arrival, str(misplaced), now)
            return
        except RefusedRequest as refused:
            self.answers.refuse(refused)
            return
        match arrival:
            case Arrival():
                if not self._record(arrival, now) and self._is_over(arrival):
                    return
                self._start_next(arrival.dataset, now, batches_too=arrival.batch is not None)
                self.answers.give(arrival.dataset)
            case AlarmCleared():
                self.alarms.went_off(arrival)
            case Wake():
                set_for = max(now, datetime.fromisoformat(arrival.at))
                self.alarms.examine(arrival.dataset, set_for)
                self._start_next(arrival.dataset, set_for, batches_too=True)
                self.answers.give(arrival.dataset)
            case ExecutionEnded():
                self._close(arrival)
                self.alarms.examine(arrival.dataset, now)
                self._start_next(arrival.dataset, now)
                self.answers.give(arrival.dataset)

    def _is_over(self, arrival: Arrival) -> bool:
        """Whether a redelivery is of what a run took long ago, and nobody waits for its answer."""
        return arrival.task_token is None and not self.ledger.is_open(arrival.dataset, arrival.arrival_id)

    def _record(self, arrival: Arrival, now: datetime) -> bool:
        """Write the arrival down, and who waits for it; a redrive first has what failed runs gave up wait again."""
        if arrival.kind == "redrive" and not self.ledger.get(arrival.dataset, [arrival.arrival_id]):
            for each in self.ledger.given_up(arrival.dataset):
                self.ledger.reopen(arrival.dataset, each["arrival_id"])
        is_new = self.ledger.record(arrival, now)
        self.alarms.came_on(arrival, self.leases.held(arrival.dataset, now) if arrival.alarm else None)
        if arrival.task_token:
            self.answers.tokens.keep(arrival.dataset, arrival.arrival_id, arrival.task_token)
        return is_new

    def _start_next(self, dataset: str, now: datetime, *, batches_too: bool = False) -> None:
        """Start what may start, and only then see to the batches that wait: no run waits for their timers and
        notices."""
        choice, lease = None, self.leases.held(dataset, now)
        if lease is None:
            self._close_expired(dataset, now)
            lease, choice = self._take_lease(dataset, now)
        if lease and not self._start(dataset, lease, now):
            # The holder's execution is over, and its status event, which AWS sends as best it can, has not come.
            ended = self.workflows.ended(lease.run_id)
            if ended:
                self._close(ended)
                lease, choice = self._take_lease(dataset, now)
                if lease:
                    self._start(dataset, lease, now)
        if choice:
            self.admission.watch(dataset, choice, now)
        elif batches_too and lease:
            self.admission.watch_batches(dataset, now, taken=lease.arrival_ids)

    def _close_expired(self, dataset: str, now: datetime) -> None:
        """End the run whose lease has expired, if its execution is over and nobody was told. What a run that never
        started was to take is taken by the next."""
        expired = self.leases.expired(dataset, now)
        if expired is None:
            return
        if not self.workflows.was_started(expired.run_id):
            if (self.runs.get(expired.run_id) or {}).get("status") == Status.RUNNING:
                error, ended_at = "It was never started.", now.isoformat()
                self.runs.note(expired.run_id, status=Status.FAILED, error=error, ended_at=ended_at)
            self.leases.release(dataset, expired.run_id)
            return
        ended = self.workflows.ended(expired.run_id)
        if ended:
            self._close(ended)

    def _take_lease(self, dataset: str, now: datetime) -> tuple[Lease | None, Choice]:
        """Take it for what is admitted of the choice there is; no lease when nothing is, or when another run holds it,
        which starts the next."""
        for _ in range(_TRIES):
            last_fence = self.leases.last_fence(dataset)
            choice = self.admission.choice(dataset)
            admitted = self.admission.admitted(dataset, choice, now)
            lease = self.leases.take(dataset, admitted, now, after=last_fence) if admitted else None
            if lease or not admitted or self.leases.held(dataset, now):
                return lease, choice
        # A rollback raises the fencing number without holding the lease, so nobody else would start this run.
        raise StoreUnavailable(f"the lease of {dataset} changed {_TRIES} times and nobody holds it")

    def _start(self, dataset: str, lease: Lease, now: datetime) -> bool:
        """Start the holder's execution; one that runs already is left alone. False when it is over."""
        renewed = self._in_time(dataset, lease, now)
        if renewed is None:
            return True  # somebody else's by now, and theirs to start
        lease, run = renewed, self.runs.get(renewed.run_id)
        if run is None:
            self.admission.supersede(dataset, lease.arrival_ids)
            self.runs.create(lease.run_id, **self._facts(dataset, lease, now))
        started = self.workflows.start(lease.run_id, dataset=dataset, fence=lease.fence)
        if started:
            self._watch_over(dataset, lease, run or {}, now)
        return started

    def _watch_over(self, dataset: str, lease: Lease, run: Mapping[str, Any], now: datetime) -> None:
        """Set the timer for the lease's end. The run is on its way and its status event will come, so a Scheduler that
        is away holds nothing up: it is noted, and the data set's next event sets the timer."""
        end = datetime.fromtimestamp(lease.expires_at, UTC)
        if run.get("wakes_at") == end.isoformat():
            return
        try:
            self.timers.wake(dataset, end, now)
        except (StoreUnavailable, ClientError) as error:
            self.runs.note(lease.run_id, no_timer=str(error)[:_LONGEST_ERROR])
            return
        self.runs.note(lease.run_id, wakes_at=end.isoformat())

    def _in_time(self, dataset: str, lease: Lease, now: datetime) -> Lease | None:
        """The lease, counted from now when its run starts long after it was taken: or it would end before the run."""
        if self.leases.age(lease, now) < _LATE or self.workflows.was_started(lease.run_id):
            return lease
        return self.leases.renew(dataset, lease, now)

    def _facts(self, dataset: str, lease: Lease, now: datetime) -> dict[str, Any]:
        """What is known of a run when it starts: what asked for it, what that waited for, and what it replaces."""
        entries, taken = self.ledger.entries(dataset), set(lease.arrival_ids)
        asked = tuple(entry for entry in entries if entry.arrival.arrival_id in taken)
        start = self.admission.next_start(dataset, asked)
        first = min(entry.recorded_at for entry in asked)
        superseded = [_words(entry) for entry in entries if entry.superseded_by in taken]
        return {
            "status": Status.RUNNING,
            "fence": lease.fence,
            "arrival_ids": list(lease.arrival_ids),
            "causes": _first_of([entry.arrival.cause for entry in asked]),
            "first_arrival_at": first.isoformat(),
            "started_at": now.isoformat(),
            "waited_for": {
                "rule": start.rule,
                "why": self.admission.why_it_waited(dataset, asked, start, now),
                "seconds": max(0.0, (now - first).total_seconds()),
            },
            "superseded": _first_of(superseded),
        }

    def _close(self, ended: ExecutionEnded) -> None:
        """Free the lease; an execution that was aborted or timed out never reached its own last state."""
        run = self.runs.get(ended.run_id)
        if run and run["status"] == Status.RUNNING:
            said = ": ".join(filter(None, (ended.error, ended.cause)))
            self.endings.fail(ended.run_id, f"The execution ended as {ended.status}. {said}".strip())
        self.alarms.run_ended(ended.dataset, ended.run_id)
        self._ask_dependants(ended)
        self.leases.release(ended.dataset, ended.run_id)

    def _ask_dependants(self, ended: ExecutionEnded) -> None:
        """Ask for a run of every data set that follows this one, if the run made its champion."""
        dependants = dependants_of(ended.dataset, self.contracts)
        if dependants and (self.registry.champion(ended.dataset) or {}).get("run_id") == ended.run_id:
            self.requests.send(*(promotion_request(each, ended.dataset, ended.run_id) for each in dependants))

    def _quarantine(self, arrival: Arrival, reason: str, now: datetime) -> None:
        if self.ledger.record(arrival, now) or self.ledger.open_among(arrival.dataset, [arrival.arrival_id]):
            self.admission.quarantine.take(arrival, "A dropped file belongs to no data set", reason)


def _words(entry: LedgerEntry) -> str:
    return f"s3://{entry.arrival.bucket}/{entry.arrival.key} (version {entry.arrival.version_id})"


def _first_of(told: list[str]) -> list[str]:
    return [*told[:_CAUSES], *([f"and {len(told) - _CAUSES} more"] if len(told) > _CAUSES else [])]
