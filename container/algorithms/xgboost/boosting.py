"""Boosting, round by round: judged, told in the log, and kept in checkpoints."""

import time
from dataclasses import dataclass
from typing import Any

import xgboost as xgb

from container.algorithms.workplace import Workplace
from container.algorithms.xgboost.checkpoint import Checkpoint, Progress
from container.log import log
from container.stopping import Stopped

SECONDS_PER_CHECKPOINT = 30.0  # of work that an interruption costs at most
SECONDS_PER_LINE = 10.0
MANY_ROUNDS = 1_000_003  # more than anyone boosts, so that no two seeds draw alike


@dataclass(frozen=True)
class Boosting:
    """At most so many rounds, and no further than the judging rows gain by it."""

    settings: dict[str, Any]
    rounds: int
    patience: int
    workplace: Workplace

    def run(self, rows: xgb.DMatrix, judge: xgb.DMatrix | None, checkpoint: Checkpoint | None) -> xgb.Booster:
        """The booster with the rounds that serve."""
        matrices = [rows] if judge is None else [rows, judge]
        progress = checkpoint.resumed(self.settings, matrices, self.workplace) if checkpoint else None
        if progress is None:
            progress = Progress(xgb.Booster(self.settings, matrices))
        try:
            self._boost(progress, rows, judge, checkpoint)
        except Stopped:
            # Between a round and its judgement there is nothing to go on from.
            if checkpoint and progress.booster.num_boosted_rounds() == progress.rounds:
                checkpoint.save(progress)
            raise
        if checkpoint:
            checkpoint.save(progress)
        self._tell(progress, rows)
        return progress.booster[: progress.best + 1]

    def _boost(
        self, progress: Progress, rows: xgb.DMatrix, judge: xgb.DMatrix | None, checkpoint: Checkpoint | None
    ) -> None:
        kept = told = time.monotonic()
        while progress.rounds < self.rounds and progress.rounds - 1 - progress.best < self.patience:
            _draw_anew(progress.booster, int(self.settings["seed"]) * MANY_ROUNDS + progress.rounds)
            progress.booster.update(rows, progress.rounds)
            if judge is not None:
                progress.losses.append(_loss(progress.booster, judge))
            progress.rounds += 1
            now = time.monotonic()
            # The hosts' clocks differ, and all must look at their rows together.
            if progress.rounds == 1 or (now - told > SECONDS_PER_LINE and self.workplace.hosts == 1):
                self._tell(progress, rows)
                told = now
            if checkpoint and now - kept > SECONDS_PER_CHECKPOINT:
                checkpoint.save(progress)
                kept = now

    def _tell(self, progress: Progress, rows: xgb.DMatrix) -> None:
        """One line, whose numbers SageMaker's metrics are read from."""
        learned = _loss(progress.booster, rows)
        if self.workplace.rank == 0:
            judged = {"validation:loss": progress.losses[-1]} if progress.losses else {}
            log("boosted", rounds=progress.rounds, **{"train:loss": learned, **judged})


def _draw_anew(booster: xgb.Booster, seed: int) -> None:
    """Have each round draw its rows and columns by its own number, and not by what was drawn before.

    Then a resumed booster draws as one that was never interrupted: XGBoost does not keep the state of its generators,
    and `seed_per_iteration` leaves out that of the columns, which goes only with the updater of another tree method.
    """
    for method in ("approx", "hist"):
        booster.set_param({"seed": seed, "tree_method": method})
        booster.save_config()  # configures; set_param alone waits for the next round


def _loss(booster: xgb.Booster, rows: xgb.DMatrix) -> float:
    return float(str(booster.eval_set([(rows, "loss")])).rsplit(":", 1)[1])
