"""Pairs of models that are equal, or truly apart by a given share, and how often the gate promotes the challenger."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from container.evaluate.bootstrap import compare
from container.metrics import Statistic
from container.signature import OUTPUTS, Signature
from container.tasks import TASKS
from evergreen.evaluation import Comparison, Evaluation
from evergreen.gate import Gate
from evergreen.metrics import HIGHER_IS_BETTER, MetricName, Task
from evergreen.verdict import Outcome, decide

POPULATION = 100_000
OWN_NOISE = 0.5
LOST = Comparison(against="baseline", improvement=1, relative=1, low=1, high=1, confidence=0.98, resamples=2000)
CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high")}


@dataclass(frozen=True)
class Pairs:
    """Two models that see one signal, each through noise of its own, on fresh hold-out rows every time."""

    task: Task
    metric: MetricName
    rows: int
    base: float = 0.5  # share of the positive class
    min_improvement: float = 0.01

    def promoted(self, pairs: int, gap: float = 0.0, seed: int = 1) -> float:
        """The share of pairs that promote a challenger which is truly better by a share `gap`, or worse if negative."""
        random, noise = np.random.default_rng(seed), self.champion_noise(abs(gap))
        found = [self._outcome(random, noise, worse=gap < 0) for _ in range(pairs)]
        return sum(outcome is Outcome.PROMOTE for outcome in found) / pairs

    def champion_noise(self, gap: float) -> float:
        """How much noise the champion needs so that the challenger is better by the gap, found by halving."""
        low, high = OWN_NOISE, 6 * OWN_NOISE
        if not gap:
            return low
        for _ in range(10):
            middle = (low + high) / 2
            values = [each.value() for each in self._pair(np.random.default_rng(0), POPULATION, middle)]
            better = abs(values[0] - values[1]) / abs(values[1])
            low, high = (middle, high) if better < gap else (low, middle)
        return (low + high) / 2

    @cached_property
    def _signature(self) -> Signature:
        return Signature("d", self.task, "e", (), "", "t", OUTPUTS[self.task], "", CLASSES.get(self.task, ()), 90)

    def _outcome(self, random: np.random.Generator, noise: float, worse: bool) -> Outcome:
        pair = self._pair(random, self.rows, noise)
        pair = pair[::-1] if worse else pair
        telling = int(self.rows * min(self.base, 1 - self.base)) if self.task == "binary" else self.rows
        comparison = compare("champion", *pair, HIGHER_IS_BETTER[self.metric], telling)
        evaluation = Evaluation(
            task=self.task,
            metric=self.metric,
            rows=self.rows,
            judged_rows=self.rows,
            challenger={self.metric: pair[0].value()},
            champion={self.metric: pair[1].value()},
            baseline={self.metric: 0.0},
            against_baseline=LOST,
            against_champion=comparison,
        )
        return decide(evaluation, Gate(metric=self.metric, min_improvement=self.min_improvement)).outcome

    def _pair(self, random: np.random.Generator, rows: int, noise: float) -> tuple[Statistic, Statistic]:
        if self.task == "regression":
            targets = random.normal(100, 2, rows)
            seen = targets + random.standard_t(5, rows)  # errors that both share, with heavy tails
            of = [seen + scale * random.normal(size=rows) for scale in (OWN_NOISE, noise)]
        else:
            classes = 3 if self.task == "multiclass" else 2
            shares = [1 / 3] * 3 if classes == 3 else [1 - self.base, self.base]
            targets = random.choice(classes, rows, p=shares).astype(float)
            seen = 2 * targets + random.normal(size=rows)
            of = [_likely(seen + scale * random.normal(size=rows), scale, shares) for scale in (OWN_NOISE, noise)]
            of = [each[:, 1] if classes == 2 else each for each in of]
        one, other = (
            TASKS[self.task].statistic(
                self.metric, targets, said.astype(np.float32).reshape(rows, -1), self._signature, threshold=0.3
            )
            for said in of
        )
        return one, other


def _likely(seen: np.ndarray, scale: float, shares: list[float]) -> np.ndarray:
    """The true probability of each class, given what a model sees."""
    odds = np.column_stack(
        [share * np.exp(-((seen - 2 * k) ** 2) / 2 / (1 + scale**2)) for k, share in enumerate(shares)]
    )
    return odds / odds.sum(axis=1, keepdims=True)
