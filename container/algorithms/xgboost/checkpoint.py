"""How far a booster has come, in a file from which the job's next attempt goes on to the very same model."""

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from container.algorithms.workplace import Workplace
from container.algorithms.xgboost import peers
from container.fold import Fold
from container.log import log
from container.on_disk import batches, folder_of, forget


@dataclass
class Progress:
    """A booster, and after each of its rounds the loss on the rows that judge it."""

    booster: xgb.Booster
    rounds: int = 0
    losses: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The round with the smallest loss, the first of equals; without losses the last."""
        return int(np.argmin(np.nan_to_num(self.losses, nan=np.inf))) if self.losses else self.rounds - 1

    @property
    def judged(self) -> "Progress":
        """Without the round that was boosted, but not yet judged, when SIGTERM came."""
        return Progress(self.booster[: self.rounds], self.rounds, self.losses[: self.rounds])


@dataclass(frozen=True)
class Checkpoint:
    """A file named by all that decides the model: whatever else was asked, or other rows, is another file."""

    path: Path
    writes: bool

    @classmethod
    def of(cls, workplace: Workplace, asked: dict[str, Any], *folds: Fold) -> "Checkpoint | None":
        """None where nothing survives the job."""
        if workplace.checkpoints is None:
            return None
        mine = sha256(json.dumps([asked, xgb.__version__, workplace.hosts], sort_keys=True).encode())
        for fold in folds:
            _take(mine, fold)
        every = sha256(peers.in_order(mine.digest(), workplace)).hexdigest()
        return cls(workplace.checkpoints / f"{every[:32]}.checkpoint", workplace.rank == 0)

    def save(self, progress: Progress) -> None:
        """Write it as a whole or not at all."""
        if not self.writes:
            return
        model = bytes(progress.booster.save_raw("ubj"))
        told = json.dumps({"rounds": progress.rounds, "losses": progress.losses}).encode() + b"\n" + model
        beside = self.path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(sha256(told).hexdigest().encode() + b"\n" + told)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)

    def resumed(self, settings: dict[str, Any], matrices: list[xgb.DMatrix], workplace: Workplace) -> Progress | None:
        """Go on where an earlier attempt was; every host where the first one was."""
        content = peers.of_the_first(self.path.read_bytes() if self.path.exists() else b"", workplace)
        if not content:
            return None
        digest, _, rest = content.partition(b"\n")
        if digest != sha256(rest).hexdigest().encode():
            log("checkpoint is damaged", file=self.path.name)
            return None
        head, _, model = rest.partition(b"\n")
        told = json.loads(head)
        log("resumed", rounds=told["rounds"])
        booster = xgb.Booster(settings, matrices, model_file=bytearray(model))
        return Progress(booster, told["rounds"], told["losses"])


def _take(digest: Any, fold: Fold) -> None:
    digest.update(repr((fold.values.shape, folder_of(fold.values) is None, fold.weights is None)).encode())
    for some in batches(fold.values):
        digest.update(np.ascontiguousarray(fold.values[some]))
        forget(fold.values)
    for vector in (fold.targets, fold.weights):
        if vector is not None:
            digest.update(np.ascontiguousarray(vector))
