"""Which arrivals may start a run, and when: by the ledger, the waiting manifests and the contract's pacing."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from evergreen.batches import BatchState
from evergreen.contract import Contract
from evergreen.contracts import Contracts
from evergreen.durations import duration
from evergreen.layout import INCOMING
from evergreen.ledger import ArrivalState, Choice, LedgerEntry, choose, completions, replaced
from evergreen.notices import batch_notice
from evergreen.pacing import NextStart, Pacing, Waiting, next_start, why_it_waited
from evergreen.stores.arrivals import MOST_AT_ONCE, ArrivalsLedger
from evergreen.stores.files import Files
from evergreen.stores.holdbacks import Holdbacks
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.runs import RunRecords
from evergreen.stores.timers import Timers
from functions.dispatch.alarms import Alarms
from functions.dispatch.comparison import Comparison
from functions.dispatch.quarantine import Quarantine


@dataclass(frozen=True)
class Admission:
    """Everything that stands between an arrival and its run, but for the lease."""

    contracts: Contracts
    ledger: ArrivalsLedger
    runs: RunRecords
    files: Files
    notices: Notices
    holdbacks: Holdbacks
    timers: Timers
    alarms: Alarms

    @property
    def quarantine(self) -> Quarantine:
        """Where it sets aside what no run can use."""
        return Quarantine(self.ledger, self.files, self.notices)

    def choice(self, dataset: str, taken: Container[str] = ()) -> Choice:
        """What waits, sorted; without what a run has taken. What cannot be used is set aside."""
        entries = [each for each in self.ledger.entries(dataset) if each.arrival.arrival_id not in taken]
        arrives = self._arrives(dataset)
        comparison = Comparison(self.ledger, self.files, self.quarantine)
        compared = comparison.of(entries, most_files=1 if arrives == "replace" else None)
        deadline = duration(self._pacing(dataset).batch_deadline)
        choice = choose(compared.entries, arrives, compared.manifests, deadline, MOST_AT_ONCE)
        return replace(choice, unfinished=compared.unfinished)

    def admitted(self, dataset: str, choice: Choice, now: datetime) -> list[str]:
        """The arrivals that a run should take now. A timer is set for what must wait: nothing else would start it, so
        the event comes again when that fails."""
        for late in choice.late:
            self.ledger.supersede(dataset, late)
        if not any(entry.state == ArrivalState.WAITING for entry in choice.ready):
            return []
        start = self.next_start(dataset, choice.ready)
        if start.at > now:
            self.holdbacks.note_start(dataset, start)
            self.timers.wake(dataset, start.at, now)
            return []
        return [entry.arrival.arrival_id for entry in choice.ready]

    def supersede(self, dataset: str, taken: tuple[str, ...]) -> None:
        """Say of what it is that no run will take it, for a run has taken something newer. Before the lease is taken
        that is not known: another run may have taken the older one meanwhile."""
        for each in replaced(self.ledger.entries(dataset), self._arrives(dataset), taken):
            self.ledger.supersede(dataset, each)

    def next_start(self, dataset: str, entries: tuple[LedgerEntry, ...]) -> NextStart:
        """When a run of these may start; what failed runs left asks for nothing by itself."""
        pacing = self._pacing(dataset)
        started = self.runs.recent_starts(dataset, pacing.max_runs_per_day)
        asking = [entry for entry in entries if entry.state == ArrivalState.WAITING] or entries
        waiting = [Waiting(recorded_at=entry.recorded_at, kind=entry.arrival.kind) for entry in asking]
        held = self.alarms.held_back(dataset) if all(each.kind == "alarm" for each in waiting) else ()
        return next_start(waiting, started, pacing, *held)

    def why_it_waited(self, dataset: str, asked: tuple[LedgerEntry, ...], start: NextStart, now: datetime) -> str:
        """What the first arrival of a run waited for: a rule, a run in progress, or the rest of its batch."""
        others, before = list(completions(asked)), self.runs.newest(dataset)
        if before and before.get("ended_at"):
            ended_at, run_id = datetime.fromisoformat(before["ended_at"]), before["run_id"]
            failed = any(entry.state == ArrivalState.HELD and entry.run_id == run_id for entry in asked)
            others.append((ended_at, f"run {run_id} {'failed with it' if failed else 'was in progress'}"))
        first = min(entry.recorded_at for entry in asked)
        return why_it_waited(first, now, start, self.holdbacks.next_start(dataset), others)

    def watch_batches(self, dataset: str, now: datetime, taken: tuple[str, ...]) -> None:
        """Tell people of batches that are overdue, while a run has taken these arrivals."""
        self.watch(dataset, self.choice(dataset, taken), now)

    def watch(self, dataset: str, choice: Choice, now: datetime) -> None:
        """Note what batches lack, if anything; tell people once of each that is overdue."""
        if choice.unfinished:
            self.timers.wake(dataset, now, now)
        for batch in (*choice.complete, *choice.incomplete):
            self.holdbacks.note_batch(dataset, batch)
        for batch in choice.incomplete:
            if batch.deadline > now:
                self.timers.wake(dataset, batch.deadline, now)
            elif not self.holdbacks.was_told(dataset, batch):
                self._tell(dataset, batch)
                self.holdbacks.note_told(dataset, batch)

    def _tell(self, dataset: str, batch: BatchState) -> None:
        folder = f"{INCOMING}{dataset}/{batch.name}/"
        subject, body = batch_notice(dataset, batch, self.files.uri(folder))
        self.notices.send(
            Notice(
                notification_id=f"{dataset}-{batch.name}-{batch.since:%Y%m%dT%H%M%S}",
                dataset=dataset,
                kind="BATCH_INCOMPLETE",
                subject=subject,
                body=body,
            )
        )

    def _pacing(self, dataset: str) -> Pacing:
        contract = self._contract(dataset)
        return contract.runs if contract else Pacing()

    def _arrives(self, dataset: str) -> Literal["append", "replace"]:
        contract = self._contract(dataset)
        return contract.input.arrives if contract else "append"

    def _contract(self, dataset: str) -> Contract | None:
        """None for a data set that was removed while something of it waits."""
        return self.contracts[dataset].contract if dataset in self.contracts.ids else None
