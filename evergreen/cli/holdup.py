"""What holds the next run of a data set back, told once to whoever waits for it."""

import time
from datetime import UTC, datetime

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console

_LOOK_SECONDS = 2.0  # a run is looked for more often


class Holdup:
    """Looks now and then whether the contract's pacing holds back what waits, and says each reason once."""

    def __init__(self, deployment: Deployment, dataset: str) -> None:
        self._deployment, self._dataset = deployment, dataset
        self._next_look, self._told, self._there = 0.0, "", False

    def look(self) -> bool:
        """Whether the next run is held back; it starts by itself, so it is worth waiting for."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LOOK_SECONDS
            why = self._why()
            self._there = why is not None
            if why and why != self._told:
                console.print(f"{why}\nCtrl-C ends only the watching: the run starts by itself.", markup=False)
                self._told = why
        return self._there

    def _why(self) -> str | None:
        now, start = datetime.now(UTC), self._deployment.holdbacks.next_start(self._dataset)
        if start is None or start.at <= now or self._deployment.leases.held(self._dataset, now):
            return None
        if not self._deployment.ledger.waiting(self._dataset):
            return None
        return f"Held back until {start.at:%Y-%m-%d %H:%M:%S} UTC: {start.why}."
