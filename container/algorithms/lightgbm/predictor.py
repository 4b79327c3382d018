"""A trained booster, kept as LightGBM's own text."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from container.algorithms.definition import Contributions
from container.rows import Matrix

SUFFIX = "lightgbm.txt"
HEAD, TAIL = b"tree\n", b"\nend of parameters\n"


def version() -> str:
    """The library and its version."""
    return f"lightgbm {lgb.__version__}"


def load(content: bytes) -> "Booster":
    """A booster from its file."""
    if not content.startswith(HEAD) or TAIL not in content:  # on half a file LightGBM ends the whole process
        raise ValueError("it is no whole model of LightGBM")
    with _errors_told():
        return Booster(lgb.Booster(model_str=content.decode()))


@dataclass(frozen=True)
class Booster:
    """LightGBM's booster as a predictor, in one thread: who serves brings threads of its own."""

    booster: lgb.Booster

    @property
    def features(self) -> int:
        return int(self.booster.num_feature())

    def predict(self, values: Matrix) -> NDArray[np.float32]:
        return self._found(values).astype(np.float32)

    def margin(self, values: Matrix) -> NDArray[np.float64]:
        return self._found(values, raw_score=True)

    def contributions(self, values: Matrix) -> Contributions:
        classes = int(self.booster.num_model_per_iteration())
        found = self._found(values, pred_contrib=True).reshape(len(values), classes, self.features + 1)
        chosen = found[np.arange(len(values)), self.margin(values).argmax(axis=1)]
        return Contributions(chosen[:, :-1], chosen[:, -1])

    def save(self) -> bytes:
        return str(self.booster.model_to_string()).encode()

    def _found(self, values: Matrix, **wanted: bool) -> NDArray[np.float64]:
        if not len(values):
            return np.empty((0, int(self.booster.num_model_per_iteration())))
        with _errors_told():
            found = self.booster.predict(values, num_threads=1, **wanted)
        return np.asarray(found, dtype=np.float64).reshape(len(values), -1)


@contextmanager
def _errors_told() -> Iterator[None]:
    try:
        yield
    except lgb.basic.LightGBMError as error:
        raise ValueError(str(error)) from error
