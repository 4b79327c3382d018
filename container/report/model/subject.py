"""What a model report is about: one run's hold-out, what every model said of it, and all that is known around it."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from container.clock import Clock
from container.model import Model
from container.rows import LabelledRows, Vector
from container.signature import Signature
from container.tasks.definition import Predictions
from evergreen.contract import Contract
from evergreen.evaluation import Evaluation, Role
from evergreen.manifest import DataReport, RunManifest
from evergreen.verdict import Verdict, decide

HALF = 0.5


@dataclass(frozen=True)
class Subject:
    """Everything the report tells of, as `evaluate` has it at hand."""

    manifest: RunManifest
    contract: Contract
    signature: Signature
    rows: LabelledRows
    challenger: Model
    predictions: dict[Role, Predictions]  # of nobody where the hold-out is unjudgeable
    evaluation: Evaluation
    thresholds: dict[Role, float] = field(default_factory=dict)
    champion: Model | None = None
    data: DataReport | None = None
    clock: Clock | None = None  # of the evaluation

    @cached_property
    def verdict(self) -> Verdict:
        """DecidePromotion's own: the same function, on the same document."""
        return decide(self.evaluation, self.contract.gate)

    def threshold(self, role: Role) -> float:
        """From which probability on a model tells the positive label."""
        said = self.evaluation.threshold
        return self.thresholds.get(role, HALF if said is None else said)

    @property
    def happened(self) -> NDArray[np.bool_]:
        """Of a task with probabilities of one event: whether it came."""
        targets = self.rows.targets
        return ~np.isnan(targets) if self.signature.task == "time_to_event" else targets == 1

    @property
    def event(self) -> str:
        """What the probability is about, in words."""
        if self.signature.task == "time_to_event":
            return f"event within {self.signature.horizon_days} days"
        return f"{self.signature.target} = {self.signature.classes[1]}"

    def probabilities(self) -> dict[Role, Vector]:
        """Of the event, or of the positive class, by model."""
        column = 1 if self.signature.task == "time_to_event" else 0
        return {role: each[:, column].astype(np.float64) for role, each in self.predictions.items()}
