"""A trained booster."""

import json
from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from container.algorithms.definition import Contributions
from container.rows import Matrix

SUFFIX = "ubj"
LARGEST = np.finfo(np.float32).max
HEAD = 64  # bytes within which a booster names its first part


def version() -> str:
    """The library and its version."""
    return f"xgboost {xgb.__version__}"


def load(content: bytes) -> "Booster":
    """A booster from its file."""
    if b"learner" not in content[:HEAD]:  # XGBoost aborts the whole process on some files that are none of its own
        raise ValueError("it is no booster of XGBoost")
    # One thread: who serves brings threads of its own, and on busy cores OpenMP's wait longer than they work.
    return Booster(xgb.Booster({"nthread": 1}, model_file=bytearray(content)))


@dataclass(frozen=True)
class Booster:
    """XGBoost's booster as a predictor; its own errors are ValueErrors."""

    booster: xgb.Booster

    @property
    def features(self) -> int:
        return int(self.booster.num_features())

    def predict(self, values: Matrix) -> NDArray[np.float32]:
        return self._found(values, "value")

    def margin(self, values: Matrix) -> NDArray[np.float64]:
        return self._found(values, "margin").astype(np.float64)

    def contributions(self, values: Matrix) -> Contributions:
        # Unlike a prediction in place, a DMatrix refuses infinite values.
        rows = xgb.DMatrix(np.clip(values, -LARGEST, LARGEST), nthread=1)
        found = self.booster.predict(rows, pred_contribs=True, strict_shape=True).astype(np.float64)
        chosen = found[np.arange(len(values)), self.margin(values).argmax(axis=1)]
        return Contributions(chosen[:, :-1], chosen[:, -1])

    def save(self) -> bytes:
        return bytes(self.booster.save_raw("ubj"))

    def _found(self, values: Matrix, kind: str) -> NDArray[np.float32]:
        if not len(values):
            parameters = json.loads(self.booster.save_config())["learner"]["learner_model_param"]
            return np.empty((0, max(1, int(parameters["num_class"]))), dtype=np.float32)
        return np.asarray(self.booster.inplace_predict(values, predict_type=kind)).reshape(len(values), -1)
