"""One teacher: a model of its own family, on its own share of the rows and columns, calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.algorithms import algorithm
from container.algorithms.definition import Goal, Predictor
from container.algorithms.hyperparameters import Hyperparameters
from container.fold import Fold
from container.label.calibration import Calibration, Probabilities
from container.rows import Matrix
from container.signature import Feature, Signature

FAMILIES = ("xgboost", "linear")  # two that go wrong in different ways
ROWS = 0.7  # of each class, that each is trained on
COLUMNS_PER_ABSENT = 5  # of so many columns each teacher goes without one, and both not without the same


@dataclass(frozen=True)
class Teacher:
    """Gives each row's probability of each class."""

    predictor: Predictor
    columns: NDArray[np.intp]
    calibration: Calibration | None = None

    def __call__(self, values: Matrix) -> Probabilities:
        found = self.predictor.predict(values[:, self.columns]).astype(np.float64)
        if found.ndim == 1 or found.shape[1] == 1:
            positive = found.reshape(-1)
            found = np.stack((1 - positive, positive), axis=1)
        return self.calibration(found) if self.calibration else found


def train_teachers(train: Fold, validation: Fold, signature: Signature, seed: int) -> tuple[Teacher, ...]:
    """Both teachers, on labelled rows only; validation rows say when to stop, and calibrate."""
    random = np.random.default_rng(seed)
    absent = _absent(len(signature.features), random)
    return tuple(
        _train(family, without, train.where(_some(train, random)), validation, signature)
        for family, without in zip(FAMILIES, absent, strict=True)
    )


def _train(family: str, without: NDArray[np.intp], train: Fold, validation: Fold, signature: Signature) -> Teacher:
    chosen, classes = algorithm(family), len(signature.classes)
    goal = Goal("probability") if signature.task == "binary" else Goal("classes", classes=classes)
    columns = np.setdiff1d(np.arange(len(signature.features)), without)
    features: Sequence[Feature] = [signature.features[place] for place in columns]
    parameters = Hyperparameters.of({}, chosen.choices(signature.task))
    learned, judging = (Fold(fold.values[:, columns], fold.targets) for fold in (train, validation))
    teacher = Teacher(chosen.fit(goal, learned, judging, features, parameters).judged, columns)
    return Teacher(teacher.predictor, columns, Calibration.of(teacher(validation.values), validation.targets))


def _absent(features: int, random: np.random.Generator) -> list[NDArray[np.intp]]:
    order, each = random.permutation(features), features // COLUMNS_PER_ABSENT
    return [order[place * each : (place + 1) * each] for place in range(len(FAMILIES))]


def _some(fold: Fold, random: np.random.Generator) -> NDArray[np.bool_]:
    """ROWS of each class, drawn; of a rare class at least one."""
    wanted = np.zeros(len(fold.targets), dtype=bool)
    for label in np.unique(fold.targets):
        places = np.flatnonzero(fold.targets == label)
        wanted[random.permutation(places)[: max(1, round(ROWS * len(places)))]] = True
    return wanted
