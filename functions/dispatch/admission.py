"""Which arrivals may start a run, and when: by the ledger, the waiting manifests and the contract's pacing."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from evergreen.arrivals import Arrival, safe_file_name
from evergreen.batches import BatchManifest, BatchState, read_manifest
from evergreen.contract import Contract
from evergreen.contracts import Contracts
from evergreen.durations import duration
from evergreen.errors import DatasetRejected, ObjectUnreadable
from evergreen.layout import INCOMING
from evergreen.ledger import (
    NO_RUN,
    ArrivalState,
    Choice,
    LedgerEntry,
    choose,
    manifests_to_read,
    replaced,
    to_be_hashed,
)
from evergreen.notices import batch_notice
from evergreen.pacing import NextStart, Pacing, Waiting, next_start
from evergreen.stores.arrivals import MOST_AT_ONCE, ArrivalsLedger
from evergreen.stores.endings import Status
from evergreen.stores.files import Files
from evergreen.stores.holdbacks import Holdbacks
from evergreen.stores.notices import Notice, Notices
from evergreen.stores.runs import RunRecords
from evergreen.stores.timers import Timers
from functions.dispatch.alarms import Alarms

_LARGEST_HASHED = 200_000_000  # bytes; of a larger object its etag, or S3's own SHA-256, must say what it is
_HASHED_AT_ONCE = 100_000_000  # bytes for one event, or one file: ten events come at once, and a minute is all there is
_LARGEST_MANIFEST = 5_000_000  # bytes, more than any right one has; it is read as a whole, whenever something comes


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

    def choice(self, dataset: str, taken: Container[str] = ()) -> Choice:
        """What waits, sorted; without what a run has taken. What cannot be used is set aside."""
        entries = [each for each in self.ledger.entries(dataset) if each.arrival.arrival_id not in taken]
        manifests, unusable = self._manifests(dataset, entries)
        entries = [each for each in entries if each.arrival.arrival_id not in unusable]
        entries, unfinished = self._hashed(dataset, entries, manifests)
        deadline = duration(self._pacing(dataset).batch_deadline)
        choice = choose(entries, self._arrives(dataset), manifests, deadline, MOST_AT_ONCE)
        return replace(choice, unfinished=unfinished)

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

    def quarantine(self, arrival: Arrival, subject: str, reason: str) -> None:
        """Set one object aside: copied, told of, and only then settled."""
        to = f"quarantine/{arrival.dataset}/{arrival.arrival_id}/{safe_file_name(arrival.key or '')}"
        try:
            copied = self.files.freeze(arrival.bucket or "", arrival.key or "", arrival.version_id or "null", to)
        except ObjectUnreadable as unreadable:
            self._set_aside(arrival, subject, f"{reason}\nNo copy: {unreadable}.")
            return
        kept = f"A copy is at {self.files.uri(to)}." if copied else "It was deleted before it could be copied."
        self._set_aside(arrival, subject, reason, kept)

    def _unreadable(self, arrival: Arrival, what: str, why: ObjectUnreadable) -> None:
        """Set an object aside that S3 will not give, until its owner has mended that."""
        reason = f"{what}: {why}. Then drop it again, or: evergreen redrive {arrival.dataset}"
        subject = f"{arrival.dataset}: S3 does not give a dropped file"
        self._set_aside(arrival, subject, reason, unreadable=True)

    def _set_aside(
        self, arrival: Arrival, subject: str, reason: str, kept: str = "", *, unreadable: bool | None = None
    ) -> None:
        self.notices.send(
            Notice(
                notification_id=arrival.arrival_id,
                dataset=arrival.dataset,
                kind=Status.DATA_REJECTED,
                subject=subject,
                body=f"{reason}\n{kept}".strip(),
            )
        )
        facts = {"reason": reason, "unreadable": unreadable}
        self.ledger.settle(arrival.dataset, arrival.arrival_id, ArrivalState.QUARANTINED, NO_RUN, **facts)

    def _manifests(self, dataset: str, entries: list[LedgerEntry]) -> tuple[dict[str, BatchManifest], set[str]]:
        """The waiting manifests by arrival id; those that cannot be used are set aside, and their ids told."""
        found, unusable = {}, set()
        for arrival in (entry.arrival for entry in manifests_to_read(entries)):
            try:
                found[arrival.arrival_id] = self._manifest(arrival)
            except ObjectUnreadable as unreadable:
                self._unreadable(arrival, "The manifest of a batch cannot be read", unreadable)
                unusable.add(arrival.arrival_id)
            except DatasetRejected as wrong:
                reason = f"s3://{arrival.bucket}/{arrival.key} cannot be used: {wrong}\nIts files wait for a right one."
                self.quarantine(arrival, f"{dataset}: the manifest of a batch cannot be used", reason)
                unusable.add(arrival.arrival_id)
        return found, unusable

    def _manifest(self, arrival: Arrival) -> BatchManifest:
        if (arrival.size or 0) > _LARGEST_MANIFEST:
            raise DatasetRejected(f"it has {arrival.size} bytes, and a manifest has at most {_LARGEST_MANIFEST}")
        content = self.files.version(arrival.bucket or "", arrival.key or "", arrival.version_id or "null")
        if content is None:
            raise DatasetRejected("it was deleted before it could be read")
        manifest = read_manifest(content)
        if len(manifest.files) > 1 and self._arrives(arrival.dataset) == "replace":
            raise DatasetRejected("a file of this data set replaces all before it, so a batch can hold only one")
        return manifest

    def _hashed(
        self, dataset: str, entries: list[LedgerEntry], manifests: dict[str, BatchManifest]
    ) -> tuple[list[LedgerEntry], bool]:
        """The entries, those with their hashes that can be compared by nothing else; and whether some are left for
        later, since reading all of them at once would take too long."""
        known: dict[str, str] = {}
        unreadable: set[str] = set()
        read = 0
        for arrival in (entry.arrival for entry in to_be_hashed(entries, manifests)):
            small = (arrival.size or 0) <= _LARGEST_HASHED
            if small and read and read + (arrival.size or 0) > _HASHED_AT_ONCE:
                return _with_hashes(entries, known, unreadable), True
            read += (arrival.size or 0) if small else 0
            try:
                found = self._sha256(arrival, small=small)
            except ObjectUnreadable as why:
                self._unreadable(arrival, "A file of a batch cannot be compared with its manifest", why)
                unreadable.add(arrival.arrival_id)
                continue
            if found:
                known[arrival.arrival_id] = found
                self.ledger.note_sha256(dataset, arrival.arrival_id, found)
        return _with_hashes(entries, known, unreadable), False

    def _sha256(self, arrival: Arrival, *, small: bool) -> str | None:
        """The hash of a small object's bytes; of a large one what S3 computed when it took it, if it did."""
        version = arrival.bucket or "", arrival.key or "", arrival.version_id or "null"
        if not small:
            return self.files.stated_sha256(*version)
        return self.files.sha256(*version) or "none, for it was deleted"

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


def _with_hashes(entries: list[LedgerEntry], known: dict[str, str], without: set[str]) -> list[LedgerEntry]:
    return [
        entry.model_copy(update={"sha256": known.get(entry.arrival.arrival_id, entry.sha256)})
        for entry in entries
        if entry.arrival.arrival_id not in without
    ]
