"""A redrive: what failed runs left waits again, and the request makes a run when anything does."""

from dataclasses import dataclass
from datetime import datetime

from evergreen.arrivals import Arrival
from evergreen.ledger import NO_RUN, ArrivalState
from evergreen.stores.arrivals import ArrivalsLedger
from evergreen.stores.leases import Leases
from evergreen.stores.runs import RunRecords


@dataclass(frozen=True)
class Redrives:
    """Requests to try again, of which two may come at once."""

    ledger: ArrivalsLedger
    leases: Leases
    runs: RunRecords

    def has_use(self, request: Arrival, now: datetime) -> bool:
        """Have what failed runs gave up wait again, but for what a run in progress has taken; False when nothing waits
        then, for another redrive came first. One that was recorded before reopens nothing."""
        dataset = request.dataset
        if self.ledger.get(dataset, [request.arrival_id]):
            return True
        taken = self._in_progress(dataset, now)
        for each in self.ledger.given_up(dataset):
            if each["arrival_id"] not in taken:
                self.ledger.reopen(dataset, each["arrival_id"])
        return any(each.arrival_id not in taken for each in self.ledger.waiting(dataset))

    def settle(self, request: Arrival) -> None:
        """End a redrive that has no use: a run for it alone would learn nothing new."""
        why = "failed runs had left nothing, or a run with it was in progress"
        self.ledger.settle(request.dataset, request.arrival_id, ArrivalState.DONE, NO_RUN, reason=why)

    def _in_progress(self, dataset: str, now: datetime) -> tuple[str, ...]:
        """What a run has taken that has not told of its end."""
        lease = self.leases.held(dataset, now)
        is_over = lease is None or "ended_at" in (self.runs.get(lease.run_id) or {})
        return () if lease is None or is_over else lease.arrival_ids
