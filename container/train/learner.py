"""What a training job is asked: which algorithm, with which hyperparameters, judged by which metric."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from container.algorithms import DEFAULT, algorithm
from container.algorithms.definition import Algorithm, Fit, Goal
from container.algorithms.hyperparameters import Hyperparameters, UnknownHyperparameter
from container.algorithms.workplace import ALONE, Workplace
from container.fold import Fold
from container.signature import Feature
from evergreen.metrics import OF_TASK, MetricName, Task

TUNED_BY = "_tuning_objective_metric"  # SageMaker adds it to what a tuning job's training jobs are told

REMEDY = "set training.instances to 1, or training.algorithm to xgboost"


class SeveralHosts(ValueError):
    """An algorithm that several hosts cannot learn together."""


@dataclass(frozen=True)
class Learner:
    """One algorithm as the contract wants it."""

    name: str
    algorithm: Algorithm
    parameters: Hyperparameters
    metric: MetricName  # by which the gate will judge
    quantile: float = 0.5  # that metric pinball is of
    tuned: bool = False
    interval: float = 0.0  # in what share of cases a prediction's interval shall hold; 0 for none
    workplace: Workplace = ALONE

    @classmethod
    def read(cls, path: Path, task: Task) -> "Learner":
        """Read SageMaker's file; what is not there is as usual for the task."""
        given = json.loads(path.read_text()) if path.exists() else {}
        name = given.pop("algorithm", DEFAULT)
        chosen = algorithm(name)
        metric = given.pop("metric", OF_TASK[task][0])
        if metric not in get_args(MetricName):
            raise UnknownHyperparameter(f"unknown metric {metric}. Known: {', '.join(get_args(MetricName))}")
        quantile = float(given.pop("quantile", 0.5))
        tuned = given.pop(TUNED_BY, None) is not None
        interval = float(given.pop("interval", 0))
        return cls(name, chosen, Hyperparameters.of(given, chosen.choices(task)), metric, quantile, tuned, interval)

    def fit(
        self, goal: Goal, train: Fold, validation: Fold, features: Sequence[Feature], *, learn_all: bool = False
    ) -> Fit:
        """Train one predictor."""
        return self.algorithm.fit(
            goal, train, validation, features, self.parameters, learn_all=learn_all, workplace=self.workplace
        )

    def at(self, workplace: Workplace) -> "Learner":
        """The same, at work on one host of the job."""
        if workplace.hosts > 1 and not self.algorithm.DISTRIBUTED:
            raise SeveralHosts(f"{self.name} learns on one instance, not on {workplace.hosts}; {REMEDY}")
        return replace(self, workplace=workplace)
