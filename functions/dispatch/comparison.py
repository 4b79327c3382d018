"""Comparing the files of batches with their manifests, as far as that needs S3."""

from collections.abc import Sequence
from dataclasses import dataclass

from evergreen.arrivals import Arrival
from evergreen.batches import BatchManifest, read_manifest
from evergreen.errors import DatasetRejected, ObjectUnreadable
from evergreen.ledger import LedgerEntry, manifests_to_read, to_be_hashed
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.files import Files
from functions.dispatch.quarantine import Quarantine

LARGEST_HASHED = 200_000_000  # bytes; of a larger object its etag, or S3's own SHA-256, must say what it is
HASHED_AT_ONCE = 100_000_000  # bytes for one event, or one file: a minute is all there is
LARGEST_MANIFEST = 5_000_000  # bytes, more than any right one has; it is read as a whole, whenever something comes


@dataclass(frozen=True)
class Compared:
    """The ledger without what was set aside, with the hashes that were computed, and what the manifests say."""

    entries: list[LedgerEntry]
    manifests: dict[str, BatchManifest]  # by arrival id
    unfinished: bool  # some files have still to be hashed


@dataclass(frozen=True)
class Comparison:
    """What cannot be used is set aside, and holds nothing else up."""

    ledger: ArrivalsLedger
    files: Files
    quarantine: Quarantine

    def of(self, entries: Sequence[LedgerEntry], *, most_files: int | None) -> Compared:
        """Read the waiting manifests, and hash what can be compared by nothing else."""
        manifests, aside = self._manifests(entries, most_files)
        rest = [each for each in entries if each.arrival.arrival_id not in aside]
        hashes, unreadable, unfinished = self._hashes(rest, manifests)
        known = [
            entry.model_copy(update={"sha256": hashes.get(entry.arrival.arrival_id, entry.sha256)})
            for entry in rest
            if entry.arrival.arrival_id not in unreadable
        ]
        return Compared(known, manifests, unfinished)

    def _manifests(
        self, entries: Sequence[LedgerEntry], most_files: int | None
    ) -> tuple[dict[str, BatchManifest], set[str]]:
        found: dict[str, BatchManifest] = {}
        aside: set[str] = set()
        for arrival in (entry.arrival for entry in manifests_to_read(entries)):
            try:
                found[arrival.arrival_id] = self._manifest(arrival, most_files)
            except ObjectUnreadable as unreadable:
                self.quarantine.take_unreadable(arrival, "The manifest of a batch cannot be read", unreadable)
                aside.add(arrival.arrival_id)
            except DatasetRejected as wrong:
                reason = f"s3://{arrival.bucket}/{arrival.key} cannot be used: {wrong}\nIts files wait for a right one."
                self.quarantine.take(arrival, f"{arrival.dataset}: the manifest of a batch cannot be used", reason)
                aside.add(arrival.arrival_id)
        return found, aside

    def _manifest(self, arrival: Arrival, most_files: int | None) -> BatchManifest:
        if (arrival.size or 0) > LARGEST_MANIFEST:
            raise DatasetRejected(f"it has {arrival.size} bytes, and a manifest has at most {LARGEST_MANIFEST}")
        content = self.files.version(*_version(arrival))
        if content is None:
            raise DatasetRejected("it was deleted before it could be read")
        manifest = read_manifest(content)
        if most_files and len(manifest.files) > most_files:
            raise DatasetRejected("a file of this data set replaces all before it, so a batch can hold only one")
        return manifest

    def _hashes(
        self, entries: Sequence[LedgerEntry], manifests: dict[str, BatchManifest]
    ) -> tuple[dict[str, str], set[str], bool]:
        """The hashes by arrival id, what S3 does not give, and whether some are left for the next event."""
        known: dict[str, str] = {}
        unreadable: set[str] = set()
        read = 0
        for arrival in (entry.arrival for entry in to_be_hashed(entries, manifests)):
            size = arrival.size or 0
            small = size <= LARGEST_HASHED
            if small and read and read + size > HASHED_AT_ONCE:
                return known, unreadable, True
            read += size if small else 0
            try:
                found = self._sha256(arrival, small=small)
            except ObjectUnreadable as why:
                what = "A file of a batch cannot be compared with its manifest"
                self.quarantine.take_unreadable(arrival, what, why)
                unreadable.add(arrival.arrival_id)
                continue
            if found:
                known[arrival.arrival_id] = found
                self.ledger.note_sha256(arrival.dataset, arrival.arrival_id, found)
        return known, unreadable, False

    def _sha256(self, arrival: Arrival, *, small: bool) -> str | None:
        """The hash of a small object's bytes; of a large one what S3 computed when it took it, if it did."""
        if not small:
            return self.files.stated_sha256(*_version(arrival))
        return self.files.sha256(*_version(arrival)) or "none, for it was deleted"


def _version(arrival: Arrival) -> tuple[str, str, str]:
    return arrival.bucket or "", arrival.key or "", arrival.version_id or "null"
