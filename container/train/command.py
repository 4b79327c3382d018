"""The verb `train`."""

import os
from collections.abc import Sequence
from datetime import timedelta
from math import isfinite
from typing import Any

from container.clock import Clock
from container.directories import Directories
from container.fold import Fold
from container.learned_rows import LearnedRows
from container.log import log
from container.model import INTERVAL, Model
from container.rows import LabelledRows
from container.signature import Signature
from container.tasks import TASKS
from container.train.interval import interval_of
from container.train.learner import Learner
from container.train.taught import TaughtRows, about_sources
from container.train.threshold import best_threshold
from evergreen.metrics import OF_TASK


class NothingToLearn(ValueError):
    """The training rows hold nothing that a model could learn; says why."""


def run(directories: Directories) -> None:
    """Train a challenger on the prepared rows and write it to the model directory."""
    clock = Clock()
    channel = directories.train_channel
    signature = Signature.from_json((channel / "signature.json").read_bytes())
    task = TASKS[signature.task]
    learner = Learner.read(directories.hyperparameters, signature.task)
    rows = LabelledRows.read(channel / "train.parquet", signature)
    judges = LabelledRows.read(channel / "validation.parquet", signature)
    reason = task.unfit(rows.targets, signature) if len(rows.targets) else "there are none"
    if reason:
        raise NothingToLearn(f"the training rows are nothing to learn from: {reason}")
    taught = TaughtRows.read(channel, signature)
    labelled, validation = Fold.of(rows, signature), Fold.of(judges, signature)
    train = labelled + taught.fold(signature) if taught else labelled
    fits = task.fit(train, validation, signature, learner)
    training = {
        "training_job": os.environ.get("TRAINING_JOB_NAME"),
        "algorithm": learner.name,
        "library": learner.algorithm.version(),
        "hyperparameters": learner.parameters.values,
        "split": signature.split,
        **_when([rows, judges, *([taught.rows] if taught else [])], signature),
        "rows": len(labelled.targets),
        "validation_rows": len(validation.targets),
        "best_iterations": {name: fit.best_iteration for name, fit in fits.items()},
        **task.about(labelled.targets, signature),
        **about_sources(channel, taught),
    }
    judged = Model({name: fit.judged for name, fit in fits.items()}, signature, training)
    if threshold := _threshold(judged, validation):
        training["threshold"] = threshold
    if interval := interval_of(judged, validation, learner.interval):
        training[INTERVAL] = interval.model_dump()
    metrics = _metrics(judged, validation, learner)
    training |= {"validation_metrics": metrics, "seconds": clock.seconds, "instance": clock.instance}
    if learner.tuned and learner.metric not in metrics:
        raise NothingToLearn(
            f"the {len(validation.targets)} validation rows do not tell {learner.metric}, by which tuning chooses; "
            "bring more rows, or leave out training.tune"
        )
    LearnedRows.of((rows, judges, *([taught.rows] if taught else [])), signature).save(directories.model)
    Model({name: fit.predictor for name, fit in fits.items()}, signature, training).save(directories.model)
    log("trained", **{f"validation:{name}": value for name, value in metrics.items()}, rows=training["rows"])


def _when(parts: Sequence[LabelledRows], signature: Signature) -> dict[str, Any]:
    """Up to when the rows and their labels know what happened; nothing where time plays no role."""
    last = max((part.span[1] for part in parts if part.span), default=None)
    if last is None:
        return {}
    if signature.task != "time_to_event":
        return {"labels_until": last.isoformat()}
    until = last + timedelta(days=signature.horizon_days or 0)
    return {"train_cutoffs": [str(cutoff) for cutoff in parts[0].cutoffs], "labels_until": str(until)}


def _threshold(model: Model, validation: Fold) -> float | None:
    """Chosen on the validation rows by the model that has not seen them."""
    if model.signature.task != "binary" or not len(validation.targets):
        return None
    return best_threshold(validation.targets, model.predict(validation.values))


def _metrics(model: Model, validation: Fold, learner: Learner) -> dict[str, float]:
    """What the validation rows say, of what they can; concordance, which looks at every pair, only where it decides."""
    task, signature = model.task, model.signature
    if not len(validation.targets) or task.unfit(validation.targets, signature):
        return {}
    predictions = model.predict(validation.values)
    values = {
        name: task.statistic(
            name, validation.targets, predictions, signature, threshold=model.threshold, quantile=learner.quantile
        ).value()
        for name in OF_TASK[signature.task]
        if name != "concordance" or name == learner.metric
    }
    return {name: value for name, value in values.items() if isfinite(value)}
