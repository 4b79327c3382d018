"""A trained booster."""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from container.algorithms.definition import Contributions
from container.rows import Matrix

SUFFIX = "ubj"


def version() -> str:
    """The library and its version."""
    return f"xgboost {xgb.__version__}"


def load(content: bytes) -> "Booster":
    """A booster from its file."""
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
        return _columns(self.booster.inplace_predict(values), len(values))

    def margin(self, values: Matrix) -> NDArray[np.float64]:
        return _columns(self.booster.inplace_predict(values, predict_type="margin"), len(values)).astype(np.float64)

    def contributions(self, values: Matrix) -> Contributions:
        rows = xgb.DMatrix(values, nthread=1)
        found = self.booster.predict(rows, pred_contribs=True, strict_shape=True).astype(np.float64)
        chosen = found[np.arange(len(values)), self.margin(values).argmax(axis=1)]
        return Contributions(chosen[:, :-1], chosen[:, -1])

    def save(self) -> bytes:
        return bytes(self.booster.save_raw("ubj"))


def _columns(found: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    return np.asarray(found).reshape(rows, -1) if rows else np.asarray(found).reshape(0, max(1, found.shape[-1]))
