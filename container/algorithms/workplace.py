"""Where training takes place: what survives the job, and who else works on the same model."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workplace:
    """One host of a training job."""

    checkpoints: Path | None = None  # a folder that the job's next attempt will find again
    rank: int = 0
    hosts: int = 1


ALONE = Workplace()
