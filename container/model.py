"""A model of any task: its boosters, its signature and how it was trained, in files that hold no code."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from container.rows import Matrix
from container.signature import Signature
from container.tasks import TASKS
from container.tasks.definition import HALF, Answer, Predictions, TaskDefinition

SIGNATURE, TRAINING = "signature.json", "training.json"

Read = Callable[[str], bytes]


class ModelUnusable(ValueError):
    """A model's files cannot be read, or what it predicts is no prediction."""


@dataclass(frozen=True)
class Model:
    """Boosters that are trained, kept and used together."""

    boosters: Mapping[str, xgb.Booster]
    signature: Signature
    training: dict[str, Any]

    @classmethod
    def load(cls, read: Read) -> "Model":
        """Load a model from its files, as `read` gives them by name."""
        try:
            signature = Signature.from_json(read(SIGNATURE))
            training = json.loads(read(TRAINING))
            names = {name: _file(name) for name in TASKS[signature.task].BOOSTERS}
            boosters = {name: _booster(read(file)) for name, file in names.items()}
        except (KeyError, OSError, json.JSONDecodeError, xgb.core.XGBoostError) as error:
            raise ModelUnusable(f"the model cannot be read: {error}") from error
        for name, booster in boosters.items():
            if booster.num_features() != len(signature.features):
                takes, lists = booster.num_features(), len(signature.features)
                raise ModelUnusable(f"{names[name]} takes {takes} features, its signature lists {lists}")
        return cls(boosters, signature, training)

    def save(self, folder: Path) -> None:
        """Write the model's files."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, booster in self.boosters.items():
            (folder / _file(name)).write_bytes(booster.save_raw("ubj"))
        (folder / SIGNATURE).write_text(self.signature.to_json())
        (folder / TRAINING).write_text(json.dumps(self.training, indent=1))

    @property
    def task(self) -> TaskDefinition:
        return TASKS[self.signature.task]

    def predict(self, values: Matrix) -> Predictions:
        """Predict for rows in the signature's order of features."""
        try:
            predictions = self.task.predict(self.boosters, values, self.signature)
        except (xgb.core.XGBoostError, ValueError) as error:
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


def _file(name: str) -> str:
    return f"{name}.ubj"


def _booster(content: bytes) -> xgb.Booster:
    # One thread: who serves brings threads of its own, and on busy cores OpenMP's wait longer than they work.
    return xgb.Booster({"nthread": 1}, model_file=bytearray(content))
