"""The model of task time_to_event: will the event come within the horizon, and if so, after how many days."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from container.signature import Signature

EVENT, DURATION = "event.ubj", "duration.ubj"
SIGNATURE, TRAINING = "signature.json", "training.json"

Read = Callable[[str], bytes]


class ModelUnusable(ValueError):
    """A model's files cannot be read, or what it predicts is no prediction."""


@dataclass(frozen=True)
class Predictions:
    """The days to the event if it comes, and the probability that it comes, in the order of the rows."""

    duration: NDArray[np.float32]
    event_probability: NDArray[np.float32]


@dataclass(frozen=True)
class HurdleModel:
    """Two boosters that are trained, kept and used together."""

    event: xgb.Booster
    duration: xgb.Booster
    signature: Signature
    training: dict[str, Any]

    @classmethod
    def load(cls, read: Read) -> "HurdleModel":
        """Load a model from its files, as `read` gives them by name."""
        try:
            signature = Signature.from_json(read(SIGNATURE))
            training = json.loads(read(TRAINING))
            event, duration = (_booster(read(name)) for name in (EVENT, DURATION))
        except (KeyError, OSError, json.JSONDecodeError, xgb.core.XGBoostError) as error:
            raise ModelUnusable(f"the model cannot be read: {error}") from error
        for name, booster in ((EVENT, event), (DURATION, duration)):
            if booster.num_features() != len(signature.features):
                raise ModelUnusable(
                    f"{name} takes {booster.num_features()} features, its signature lists {len(signature.features)}"
                )
        return cls(event, duration, signature, training)

    def save(self, folder: Path) -> None:
        """Write the model's files."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / EVENT).write_bytes(self.event.save_raw("ubj"))
        (folder / DURATION).write_bytes(self.duration.save_raw("ubj"))
        (folder / SIGNATURE).write_text(self.signature.to_json())
        (folder / TRAINING).write_text(json.dumps(self.training, indent=1))

    def predict(self, values: NDArray[np.float32]) -> Predictions:
        """Predict for rows in the signature's order of features."""
        probability, days = self.event.inplace_predict(values), self.duration.inplace_predict(values)
        if not (np.isfinite(probability).all() and np.isfinite(days).all()):
            raise ModelUnusable("the model predicts values that are not numbers")
        return Predictions(np.clip(days, 0, self.signature.horizon_days), probability)


def _booster(content: bytes) -> xgb.Booster:
    # One thread: who serves brings threads of its own, and on busy cores OpenMP's wait longer than they work.
    return xgb.Booster({"nthread": 1}, model_file=bytearray(content))
