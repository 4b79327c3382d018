"""The hosts of one training job, as SageMaker lists them, and how they come together."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from container.log import log

ALONE = "algo-1"
PORT = 9099  # at which the first host's tracker brings the others together; any is free within a job's own network
SECONDS_TO_MEET = 300
RETRIES = 12  # of a host that is there before the tracker; each waits longer
ROWS_PER_HOST = 1_000  # of fewer, what is told over the network takes longer than what is learned


@dataclass(frozen=True)
class Hosts:
    """Their names in one order on every host, and this one's place in it."""

    names: tuple[str, ...]
    rank: int

    @classmethod
    def read(cls, path: Path) -> "Hosts":
        """Read SageMaker's file; without one this host is alone."""
        told = json.loads(path.read_text()) if path.exists() else {"hosts": [ALONE], "current_host": ALONE}
        names = tuple(sorted(told["hosts"]))
        return cls(names, names.index(told["current_host"]))

    def for_rows(self, rows: int) -> "Hosts":
        """Those that are needed for so many rows; every host drops the same ones, without a word between them."""
        needed = max(1, min(len(self.names), rows // ROWS_PER_HOST))
        return replace(self, names=self.names[:needed])

    @contextmanager
    def together(self) -> Iterator[None]:
        """While it lasts, XGBoost adds up over all hosts what each has counted; a host that is lost ends the others."""
        if len(self.names) == 1:
            yield
            return
        from xgboost.collective import CommunicatorContext  # noqa: PLC0415 - who is alone needs neither
        from xgboost.tracker import RabitTracker  # noqa: PLC0415

        first = socket.gethostbyname(self.names[0])
        tracker = None
        if self.rank == 0:
            tracker = RabitTracker(len(self.names), first, PORT, sortby="task", timeout=SECONDS_TO_MEET)
            tracker.start()
        with CommunicatorContext(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=first,
            dmlc_tracker_port=PORT,
            dmlc_task_id=f"{self.rank:04}",  # by which the tracker counts the hosts
            dmlc_retry=RETRIES,
            dmlc_timeout=SECONDS_TO_MEET,
        ):
            log("hosts are together", hosts=len(self.names), rank=self.rank)
            yield
        if tracker:
            tracker.wait_for(SECONDS_TO_MEET)
