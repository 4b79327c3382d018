"""What an algorithm must say of itself, and what it is asked: what is to be learned, but not how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from container.algorithms.hyperparameters import Choices, Hyperparameters
from container.algorithms.workplace import ALONE, Workplace
from container.fold import Fold
from container.rows import Matrix
from container.signature import Feature
from evergreen.metrics import Task


@dataclass(frozen=True)
class Goal:
    """What a predictor is to tell of a row; targets are 0 or 1, places of classes, or numbers."""

    kind: Literal["probability", "classes", "mean", "median", "quantile"]
    classes: int = 2  # of kind classes
    quantile: float = 0.5  # of kind quantile


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to a row's prediction, before a probability is made of it.

    A row's values and its base add up to the margin: log-odds for a probability, the logit of the likeliest class for
    classes, and the number itself for a mean, median or quantile.
    """

    values: NDArray[np.float64]  # rows x features
    base: NDArray[np.float64]  # rows: what is said without knowing any feature

    def importance(self) -> NDArray[np.float64]:
        """Each feature's share in all that moves predictions: the mean size of what it adds."""
        size = np.abs(self.values).mean(axis=0)
        return np.asarray(size / (size.sum() or 1.0))


class Predictor(Protocol):
    """A trained model of one algorithm; whatever of it cannot be used raises ValueError."""

    @property
    def features(self) -> int:
        """How many features it takes."""

    def predict(self, values: Matrix) -> NDArray[np.float32]:
        """Rows x 1, or rows x classes, of what its goal asks."""

    def margin(self, values: Matrix) -> NDArray[np.float64]:
        """Rows x 1, or rows x classes: the prediction before a probability is made of it."""

    def contributions(self, values: Matrix) -> Contributions:
        """What each feature adds to the margin, of the likeliest class where there are classes."""

    def save(self) -> bytes:
        """One file that holds no code."""


@dataclass(frozen=True)
class Fit:
    """A predictor that went as far as served the validation rows best."""

    predictor: Predictor
    judged: Predictor  # the one that has not seen the validation rows; the same where they are not learned
    best_iteration: int


class Algorithm(Protocol):
    """Everything that differs between one algorithm and another; each is a folder of its own."""

    SUFFIX: str  # of its predictors' files
    DISTRIBUTED: bool  # whether several hosts can learn one model together

    def version(self) -> str:
        """The library and its version."""

    def choices(self, task: Task) -> Choices:
        """Which hyperparameters it takes, and what they are when nobody states them."""

    def fit(
        self,
        goal: Goal,
        train: Fold,
        validation: Fold,
        features: Sequence[Feature],
        parameters: Hyperparameters,
        *,
        learn_all: bool = False,
        workplace: Workplace = ALONE,
    ) -> Fit:
        """Learn from the training rows for as long as the validation rows gain by it.

        With `learn_all` it is then done anew, as far, on training and validation rows together.
        """

    def load(self, content: bytes) -> Predictor:
        """A predictor from its file. Raises ValueError."""
