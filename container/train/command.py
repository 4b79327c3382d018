"""The verb `train`."""

import os
from datetime import timedelta

import numpy as np
import xgboost as xgb

from container.directories import Directories
from container.log import log
from container.metrics import brier, mae, roc_auc
from container.model import HurdleModel
from container.rows import LabelledRows
from container.signature import Signature
from container.train.boosting import Fold, fit_duration, fit_event
from container.train.parameters import Hyperparameters


def run(directories: Directories) -> None:
    """Train a challenger on the prepared rows and write it to the model directory."""
    channel = directories.train_channel
    signature = Signature.from_json((channel / "signature.json").read_bytes())
    parameters = Hyperparameters.read(directories.hyperparameters)
    rows = LabelledRows.read(channel / "train.parquet", signature)
    train = Fold.of(rows, signature)
    validation = Fold.of(LabelledRows.read(channel / "validation.parquet", signature), signature)
    event = fit_event(train, validation, signature, parameters)
    duration = fit_duration(train, validation, signature, parameters)
    model = HurdleModel(
        event=event.booster,
        duration=duration.booster,
        signature=signature,
        training={
            "training_job": os.environ.get("TRAINING_JOB_NAME"),
            "xgboost": xgb.__version__,
            "hyperparameters": parameters.values,
            "train_cutoffs": [str(cutoff) for cutoff in rows.cutoffs],
            "labels_until": str(rows.cutoffs[-1] + timedelta(days=signature.horizon_days)),
            "rows": len(train.durations),
            "event_rows": int(train.events.sum()),
            "validation_rows": len(validation.durations),
            "best_iterations": {"event": event.best_iteration, "duration": duration.best_iteration},
            "baseline": {
                "duration": float(np.nanmedian(train.durations)),
                "event_probability": float(train.events.mean()),
            },
        },
    )
    metrics = _metrics(model, validation)
    model.training["validation_metrics"] = metrics
    model.save(directories.model)
    log("trained", **{f"validation:{name}": value for name, value in metrics.items()}, rows=model.training["rows"])


def _metrics(model: HurdleModel, validation: Fold) -> dict[str, float]:
    predictions = model.predict(validation.values)
    came = validation.events
    return {
        "mae": mae(validation.durations[came], predictions.duration[came]),
        "roc_auc": roc_auc(came, predictions.event_probability),
        "brier": brier(came, predictions.event_probability),
    }
