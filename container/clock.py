"""How long a job takes, and on what: the model report tells what a run has cost."""

import os
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Clock:
    """Runs from its making on; the instance is what the workflow says it has asked for."""

    began: float = field(default_factory=time.monotonic)
    instance: str | None = field(default_factory=lambda: os.environ.get("INSTANCE_TYPE"))

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 2)
