"""What a training job is given to learn from and to judge by."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from container.fold import Fold
from container.signature import Signature
from container.tasks import TASKS
from container.train.prepared import PreparedRows, Share
from container.train.taught import TaughtRows


@dataclass(frozen=True)
class Channel:
    """This host's rows to learn from, and all those that judge."""

    signature: Signature
    rows: PreparedRows
    validation: PreparedRows
    taught: TaughtRows | None

    @classmethod
    def read(cls, folder: Path, signature: Signature, on_disk: Path | None, share: Share) -> "Channel":
        """Read it, the numbers into files in a folder if there is one."""
        rows = PreparedRows.read(folder / "train.parquet", signature, on_disk, share)
        validation = PreparedRows.read(folder / "validation.parquet", signature, on_disk)
        return cls(signature, rows, validation, TaughtRows.read(folder, signature, on_disk, share))

    @property
    def nothing_to_learn(self) -> str | None:
        """Why there is nothing to learn from, or None."""
        if not len(self.rows.targets):
            return "there are none"
        return TASKS[self.signature.task].unfit(self.rows.targets, self.signature)

    @property
    def train(self) -> Fold:
        """Labelled rows, and those that the teachers labelled."""
        return self.rows.fold + self.taught.fold if self.taught else self.rows.fold

    @property
    def parts(self) -> Sequence[PreparedRows]:
        """All that a model learns from."""
        return (self.rows, self.validation, *([self.taught.rows] if self.taught else []))
