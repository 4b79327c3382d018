"""A model of any task: its predictors, its signature and how it was trained, in files that hold no code."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from container.algorithms import DEFAULT, algorithm
from container.algorithms.definition import Contributions, Predictor
from container.rows import Matrix
from container.signature import Signature, SignatureError
from container.tasks import TASKS
from container.tasks.definition import HALF, Answer, Predictions, TaskDefinition
from evergreen.intervals import PredictionInterval

SIGNATURE, TRAINING = "signature.json", "training.json"
DIGESTS = "sha256"  # in training.json: of each predictor's file; older models have none

INTERVAL = "prediction_interval"  # in training.json; older models and those of classes have none

Read = Callable[[str], bytes]


class ModelUnusable(ValueError):
    """A model's files cannot be read, or what it predicts is no prediction."""


@dataclass(frozen=True)
class Model:
    """Predictors that are trained, kept and used together."""

    predictors: Mapping[str, Predictor]
    signature: Signature
    training: dict[str, Any]

    @classmethod
    def load(cls, read: Read) -> "Model":
        """Load a model from its files, as `read` gives them by name."""
        try:
            signature = Signature.from_json(read(SIGNATURE))
            training = json.loads(read(TRAINING))
            of = algorithm(training.get("algorithm", DEFAULT))
            files = {name: f"{name}.{of.SUFFIX}" for name in TASKS[signature.task].PREDICTORS}
            contents = {name: read(file) for name, file in files.items()}
            digests = dict(training.get(DIGESTS, {}))
        except SignatureError:
            raise
        except (LookupError, OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ModelUnusable(f"the model cannot be read: {error}") from error
        predictors = {}
        for name, content in contents.items():
            if digests.get(files[name], _digest(content)) != _digest(content):
                raise ModelUnusable(f"{files[name]} is damaged: its SHA-256 is not the one in {TRAINING}")
            try:
                predictors[name] = of.load(content)
            except ValueError as error:
                raise ModelUnusable(f"the model cannot be read: {files[name]}: {error}") from error
            takes, lists = predictors[name].features, len(signature.features)
            if takes != lists:
                raise ModelUnusable(f"{files[name]} takes {takes} features, its signature lists {lists}")
        return cls(predictors, signature, training)

    def save(self, folder: Path) -> None:
        """Write the model's files."""
        folder.mkdir(parents=True, exist_ok=True)
        suffix = algorithm(self.training.get("algorithm", DEFAULT)).SUFFIX
        contents = {f"{name}.{suffix}": predictor.save() for name, predictor in self.predictors.items()}
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        (folder / SIGNATURE).write_text(self.signature.to_json())
        # Libraries may end the whole process on a damaged file, so it is told before they get it.
        training = self.training | {DIGESTS: {file: _digest(content) for file, content in contents.items()}}
        (folder / TRAINING).write_text(json.dumps(training, indent=1))

    @property
    def task(self) -> TaskDefinition:
        return TASKS[self.signature.task]

    def predict(self, values: Matrix) -> Predictions:
        """Predict for rows in the signature's order of features."""
        try:
            predictions = self.task.predict(self.predictors, values, self.signature)
        except ValueError as error:
            raise ModelUnusable(f"the model does not predict: {error}") from error
        if not np.isfinite(predictions).all():
            raise ModelUnusable("the model predicts values that are not numbers")
        return predictions

    def answer(self, values: Matrix) -> Answer:
        """Predictions as the signature's outputs."""
        return self.task.answer(self.predict(values), self.threshold)

    @property
    def threshold(self) -> float:
        """From which probability on a binary model tells the positive label."""
        return float(self.training.get("threshold", HALF))

    @property
    def interval(self) -> PredictionInterval | None:
        """Between which numbers the truth lies, where it was measured."""
        found = self.training.get(INTERVAL)
        return PredictionInterval.model_validate(found) if found else None

    def contributions(self, values: Matrix) -> dict[str, Contributions]:
        """What each feature adds to every predictor's prediction, by the predictor's name."""
        try:
            return {name: predictor.contributions(values) for name, predictor in self.predictors.items()}
        except ValueError as error:
            raise ModelUnusable(f"the model does not explain itself: {error}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
