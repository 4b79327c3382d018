"""The verb `train`."""

import os
from datetime import timedelta
from math import isfinite
from typing import Any

import xgboost as xgb

from container.clock import Clock
from container.directories import Directories
from container.log import log
from container.model import Model
from container.rows import LabelledRows
from container.signature import Signature
from container.tasks import TASKS
from container.train.boosting import Fold
from container.train.parameters import Hyperparameters
from evergreen.metrics import OF_TASK


class NothingToLearn(ValueError):
    """The training rows hold nothing that a model could learn; says why."""


def run(directories: Directories) -> None:
    """Train a challenger on the prepared rows and write it to the model directory."""
    clock = Clock()
    channel = directories.train_channel
    signature = Signature.from_json((channel / "signature.json").read_bytes())
    task = TASKS[signature.task]
    parameters = Hyperparameters.read(directories.hyperparameters, task.CHOICES)
    rows = LabelledRows.read(channel / "train.parquet", signature)
    judges = LabelledRows.read(channel / "validation.parquet", signature)
    reason = task.unfit(rows.targets, signature) if len(rows.targets) else "there are none"
    if reason:
        raise NothingToLearn(f"the training rows are nothing to learn from: {reason}")
    train, validation = Fold.of(rows, signature), Fold.of(judges, signature)
    fits = task.fit(train, validation, signature, parameters)
    training = {
        "training_job": os.environ.get("TRAINING_JOB_NAME"),
        "xgboost": xgb.__version__,
        "hyperparameters": parameters.values,
        "split": signature.split,
        **_when(rows, judges, signature),
        "rows": len(train.targets),
        "validation_rows": len(validation.targets),
        "best_iterations": {name: fit.best_iteration for name, fit in fits.items()},
        **task.about(train.targets, signature),
    }
    metrics = _metrics(Model({name: fit.judged for name, fit in fits.items()}, signature, training), validation)
    training |= {"validation_metrics": metrics, "seconds": clock.seconds, "instance": clock.instance}
    Model({name: fit.booster for name, fit in fits.items()}, signature, training).save(directories.model)
    log("trained", **{f"validation:{name}": value for name, value in metrics.items()}, rows=training["rows"])


def _when(rows: LabelledRows, judges: LabelledRows, signature: Signature) -> dict[str, Any]:
    """Up to when the rows and their labels know what happened; nothing where time plays no role."""
    last = max((span[1] for span in (rows.span, judges.span) if span), default=None)
    if last is None:
        return {}
    if signature.task != "time_to_event":
        return {"labels_until": last.isoformat()}
    until = last + timedelta(days=signature.horizon_days or 0)
    return {"train_cutoffs": [str(cutoff) for cutoff in rows.cutoffs], "labels_until": str(until)}


def _metrics(model: Model, validation: Fold) -> dict[str, float]:
    """What the validation rows say, of what they can; concordance, which looks at every pair, is left to the gate."""
    task, signature = model.task, model.signature
    if not len(validation.targets) or task.unfit(validation.targets, signature):
        return {}
    predictions = model.predict(validation.values)
    values = {
        name: task.statistic(name, validation.targets, predictions, signature).value()
        for name in OF_TASK[signature.task]
        if name != "concordance"
    }
    return {name: value for name, value in values.items() if isfinite(value)}
