"""Setting one arrival aside before any run takes it: copied, told of, and only then settled."""

from dataclasses import dataclass

from evergreen.arrivals import Arrival, safe_file_name
from evergreen.errors import ObjectUnreadable
from evergreen.ledger import NO_RUN, ArrivalState
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.endings import Status
from evergreen.stores.files import Files
from evergreen.stores.notices import Notice, Notices

LARGEST_COPIED = 1_000_000_000  # bytes; of some hundred times as many the copy takes longer than a function may


@dataclass(frozen=True)
class Quarantine:
    """Where goes what no run can use."""

    ledger: ArrivalsLedger
    files: Files
    notices: Notices

    def take(self, arrival: Arrival, subject: str, reason: str) -> None:
        """Set an object aside, with a copy as far as S3 gives one."""
        if (arrival.size or 0) > LARGEST_COPIED:
            stays = f"version {arrival.version_id} of it stays where it is"
            self._settle(arrival, subject, f"{reason}\nNo copy, for it has {arrival.size:,} bytes: {stays}.")
            return
        to = f"quarantine/{arrival.dataset}/{arrival.arrival_id}/{safe_file_name(arrival.key or '')}"
        try:
            copied = self.files.freeze(arrival.bucket or "", arrival.key or "", arrival.version_id or "null", to)
        except ObjectUnreadable as unreadable:
            self._settle(arrival, subject, f"{reason}\nNo copy: {unreadable}.")
            return
        kept = f"A copy is at {self.files.uri(to)}." if copied else "It was deleted before it could be copied."
        self._settle(arrival, subject, reason, kept)

    def take_unreadable(self, arrival: Arrival, what: str, why: ObjectUnreadable) -> None:
        """Set an object aside that S3 will not give, until its owner has mended that and asks for a redrive."""
        reason = f"{what}: {why}. Then drop it again, or: evergreen redrive {arrival.dataset}"
        self._settle(arrival, f"{arrival.dataset}: S3 does not give a dropped file", reason, unreadable=True)

    def _settle(
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
