"""What a run takes of the arrivals in the ledger, what waits on, and what is needless; pure sorting."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from evergreen.arrivals import MANIFEST, Arrival, newer
from evergreen.batches import BatchFile, BatchManifest, BatchState, differs
from evergreen.strict import Strict


class ArrivalState(StrEnum):
    """Where an arrival stands. HELD ones were in a run that failed; the next arrival takes them along."""

    WAITING = "WAITING"
    HELD = "HELD"
    DONE = "DONE"
    QUARANTINED = "QUARANTINED"
    SUPERSEDED = "SUPERSEDED"  # something newer took its place before any model learned from it


NO_RUN = "none"  # in the place of a run id, for what was set aside before any run took it
OPEN = frozenset({ArrivalState.WAITING, ArrivalState.HELD})


class LedgerEntry(Strict):
    """An arrival, and what the ledger says of it."""

    arrival: Arrival
    state: ArrivalState
    recorded_at: datetime
    run_id: str | None = None
    reason: str | None = None
    superseded_by: str | None = None  # an arrival id
    sha256: str | None = None  # of the object, once it was needed
    accepted_key: str | None = None  # of its accepted rows, once a run has finished with it

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def was_taken(self) -> bool:
        """Whether a run took it, which has ended since."""
        return self.state != ArrivalState.WAITING and self.run_id not in (None, NO_RUN)

    @property
    def place(self) -> tuple[str | None, str | None]:
        """The bucket and the key of which it is a version."""
        return self.arrival.bucket, self.arrival.key

    @property
    def version(self) -> tuple[str, str, str]:
        """Sorts the versions of one key in the order in which S3 took them."""
        return (self.arrival.sequencer or "").lower().rjust(64, "0"), self.arrival.at, self.arrival.arrival_id

    @property
    def order(self) -> tuple[str, str, tuple[str, str, str]]:
        """Sorts the oldest first, and versions of one key that came in the same second as S3 took them."""
        return self.arrival.at, self.arrival.key or "", self.version


class Needless(Strict):
    """An open arrival that no run will take, why, and what took its place."""

    arrival_id: str
    reason: str
    superseded_by: str


@dataclass(frozen=True)
class Choice:
    """What the next run should take, in order, and what it should not."""

    ready: tuple[LedgerEntry, ...] = ()
    late: tuple[Needless, ...] = ()  # overtaken by what a run has taken already
    incomplete: tuple[BatchState, ...] = ()
    complete: tuple[BatchState, ...] = ()
    unfinished: bool = False  # some files have still to be compared with their manifest


@dataclass
class _Batch:
    name: str
    manifest: LedgerEntry | None = None
    files: dict[str, list[LedgerEntry]] = field(default_factory=dict)  # open ones by name, newest first
    taken: dict[str, LedgerEntry] = field(default_factory=dict)  # by an earlier run

    @property
    def since(self) -> datetime:
        waiting = [entry for versions in self.files.values() for entry in versions]
        return min(entry.recorded_at for entry in [*waiting, *([self.manifest] if self.manifest else [])])


def choose(
    entries: Sequence[LedgerEntry],
    arrives: Literal["append", "replace"],
    manifests: Mapping[str, BatchManifest],
    batch_deadline: timedelta,
    most: int,
) -> Choice:
    """Sort a data set's ledger. `manifests` holds the content of each waiting manifest, by arrival id."""
    needless = list(_overtaken(entries, arrives))
    overtaken = {each.arrival_id for each in needless}
    past = {entry.arrival.arrival_id for entry in entries if entry.was_taken}
    usable = sorted((each for each in entries if each.arrival.arrival_id not in overtaken), key=lambda e: e.order)
    units = [[entry] for entry in usable if entry.is_open and entry.arrival.batch is None]
    incomplete, complete = [], []
    for batch in _batches(usable):
        files, faults = _compared(batch, manifests)
        deadline = batch.since + batch_deadline
        state = BatchState(name=batch.name, since=batch.since, faults=faults, deadline=deadline)
        if batch.manifest and not faults:
            units.append([batch.manifest, *files])
            complete.append(state)
        else:
            incomplete.append(state)
    late = tuple(each for each in needless if each.superseded_by in past)
    return Choice(tuple(_first(units, most)), late, tuple(incomplete), tuple(complete))


def replaced(
    entries: Iterable[LedgerEntry], arrives: Literal["append", "replace"], taken: Collection[str]
) -> list[Needless]:
    """What no run will take once a run has taken these: older snapshots, manifests and files of its batches."""
    every = sorted(entries, key=lambda entry: entry.version)
    newest = {entry.place: entry for entry in every if entry.arrival.arrival_id in taken}
    found = []
    for entry in every:
        by = newest.get(entry.place)
        one_counts = arrives == "replace" or entry.arrival.batch is not None
        if by and one_counts and entry.is_open and newer(by.arrival, entry.arrival):
            found.append(_superseded(entry, by))
    return [each for each in found if each.arrival_id not in taken]


def manifests_to_read(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The manifests that wait, newest of each key."""
    waiting = [entry for entry in entries if entry.is_open and entry.arrival.kind == "manifest"]
    return [each for each in waiting if not any(newer(other.arrival, each.arrival) for other in waiting)]


def to_be_hashed(entries: Sequence[LedgerEntry], manifests: Mapping[str, BatchManifest]) -> list[LedgerEntry]:
    """The waiting files that can be compared with their manifest by sha256 only, and whose hash is not known yet."""
    found = []
    for batch in _batches(list(entries)):
        manifest = manifests.get(batch.manifest.arrival.arrival_id) if batch.manifest else None
        for file in manifest.files if manifest else ():
            for entry in batch.files.get(file.name, []):
                same_size = entry.arrival.size == file.size
                by_etag = file.etag is not None and entry.arrival.etag is not None
                if same_size and not by_etag and file.sha256 and entry.sha256 is None:
                    found.append(entry)
    return found


def _overtaken(entries: Sequence[LedgerEntry], arrives: str) -> Iterator[Needless]:
    """What a newer version of the same key has made needless: snapshots of the same name, manifests, and what comes
    late of a batch that a run has taken."""
    by_key: dict[tuple[str | None, str | None], list[LedgerEntry]] = {}
    for entry in entries:
        by_key.setdefault(entry.place, []).append(entry)
    for versions in by_key.values():
        newest = max(versions, key=lambda entry: entry.version)
        for entry in versions:
            if entry.arrival.kind == "manifest" or arrives == "replace":
                overtaken = True
            else:
                overtaken = entry.arrival.batch is not None and newest.state == ArrivalState.DONE
            if overtaken and entry.is_open and newer(newest.arrival, entry.arrival):
                yield _superseded(entry, newest)


def _superseded(entry: LedgerEntry, by: LedgerEntry) -> Needless:
    where = f"s3://{by.arrival.bucket}/{by.arrival.key}"
    reason = f"{where} was overwritten: version {by.arrival.version_id} took its place"
    return Needless(arrival_id=entry.arrival.arrival_id, reason=reason, superseded_by=by.arrival.arrival_id)


def _batches(entries: Sequence[LedgerEntry]) -> list[_Batch]:
    """Every batch of which something is open."""
    found: dict[str, _Batch] = {}
    for entry in sorted(entries, key=lambda entry: entry.version, reverse=True):
        if entry.arrival.batch is None:
            continue
        batch, name = found.setdefault(entry.arrival.batch, _Batch(entry.arrival.batch)), entry.arrival.name_in_batch
        if entry.state == ArrivalState.DONE:
            batch.taken.setdefault(name, entry)
        elif entry.is_open and entry.arrival.kind == "manifest":
            batch.manifest = batch.manifest or entry
        elif entry.is_open:
            batch.files.setdefault(name, []).append(entry)
    return [batch for batch in found.values() if batch.files or batch.manifest]


def _compared(batch: _Batch, manifests: Mapping[str, BatchManifest]) -> tuple[list[LedgerEntry], tuple[str, ...]]:
    """The files that the manifest means, in the order in which it names them, and what is wrong with the batch."""
    manifest = manifests.get(batch.manifest.arrival.arrival_id) if batch.manifest else None
    if manifest is None:
        return [], (f"{MANIFEST} is missing",)
    files, faults = [], []
    for file in manifest.files:
        versions = batch.files.get(file.name, [])
        match = next((entry for entry in versions if _fault(file, entry) is None), None)
        if match:
            files.append(match)
        elif versions:
            faults.append(_fault(file, versions[0]) or "")
        elif file.name in batch.taken:
            faults.append(f"{file.name} is missing: run {batch.taken[file.name].run_id} took the one that was there")
        else:
            faults.append(f"{file.name} is missing")
    return files, tuple(faults)


def _fault(file: BatchFile, entry: LedgerEntry) -> str | None:
    return differs(file, entry.arrival, entry.sha256)


def _first(units: Iterable[list[LedgerEntry]], most: int) -> list[LedgerEntry]:
    """Whole units, at most so many arrivals: what is new before what failed runs left, the oldest first."""

    def turn(unit: list[LedgerEntry]) -> tuple[bool, Any]:
        return all(entry.state == ArrivalState.HELD for entry in unit), unit[0].order

    taken: list[LedgerEntry] = []
    for unit in sorted(units, key=turn):
        if taken and len(taken) + len(unit) > most:
            break
        taken += unit
    return sorted(taken, key=lambda entry: entry.order)


def completions(entries: Sequence[LedgerEntry]) -> Iterator[tuple[datetime, str]]:
    """When each batch among these was complete, in words: with the last of it that came."""
    for name in sorted({entry.arrival.batch for entry in entries if entry.arrival.batch is not None}):
        last = max(entry.recorded_at for entry in entries if entry.arrival.batch == name)
        yield last, f"its batch {name} was not complete before"
