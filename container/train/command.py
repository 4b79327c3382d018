"""The verb `train`."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from math import isfinite
from typing import Any

from container.algorithms.definition import Fit
from container.algorithms.workplace import Workplace
from container.clock import Clock
from container.directories import Directories
from container.fold import Fold
from container.learned_rows import LearnedRows
from container.log import log
from container.model import INTERVAL, Model
from container.signature import Signature
from container.tasks import TASKS
from container.train.channel import Channel
from container.train.hosts import Hosts
from container.train.interval import interval_of
from container.train.learner import Learner
from container.train.prepared import PreparedRows, Share, rows_of
from container.train.space import space_for
from container.train.taught import about_sources
from container.train.threshold import best_threshold
from evergreen.metrics import OF_TASK


class NothingToLearn(ValueError):
    """The training rows hold nothing that a model could learn; says why."""


def run(directories: Directories) -> None:
    """Train a challenger on the prepared rows and write it to the model directory."""
    clock = Clock()
    signature = Signature.from_json((directories.train_channel / "signature.json").read_bytes())
    learner = Learner.read(directories.hyperparameters, signature.task)
    hosts = Hosts.read(directories.resources).for_rows(rows_of(directories.train_channel / "train.parquet"))
    if hosts.rank >= len(hosts.names):
        log("not needed", reason=f"there are rows for {len(hosts.names)} hosts only")
        return
    kept = directories.checkpoints if directories.checkpoints.is_dir() else None
    learner = learner.at(Workplace(kept, hosts.rank, len(hosts.names)))
    with space_for(directories, signature, learner.parameters) as folder:
        channel = Channel.read(directories.train_channel, signature, folder, Share(hosts.rank, len(hosts.names)))
        reason = channel.nothing_to_learn
        if reason:
            raise NothingToLearn(f"the training rows are nothing to learn from: {reason}")
        with hosts.together():
            fits = TASKS[signature.task].fit(channel.train, channel.validation.fold, signature, learner)
        for name, fit in fits.items():
            log("learned", predictor=name, sha256=sha256(fit.predictor.save()).hexdigest())
        if hosts.rank == 0:
            _finish(directories, channel, fits, learner, clock)


def _finish(
    directories: Directories, channel: Channel, fits: Mapping[str, Fit], learner: Learner, clock: Clock
) -> None:
    """Judge on the validation rows what was learned, and write it down."""
    signature, validation, targets = channel.signature, channel.validation.fold, channel.rows.targets
    training = {
        "training_job": os.environ.get("TRAINING_JOB_NAME"),
        "algorithm": learner.name,
        "library": learner.algorithm.version(),
        "hyperparameters": learner.parameters.values,
        "hosts": learner.workplace.hosts,
        "split": signature.split,
        **_when(channel.parts, signature),
        "rows": len(targets),
        "validation_rows": len(validation.targets),
        "best_iterations": {name: fit.best_iteration for name, fit in fits.items()},
        **TASKS[signature.task].about(targets, signature),
        **about_sources(directories.train_channel, channel.taught),
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
    LearnedRows.of_hashes([part.hashes for part in channel.parts]).save(directories.model)
    Model({name: fit.predictor for name, fit in fits.items()}, signature, training).save(directories.model)
    log("trained", **{f"validation:{name}": value for name, value in metrics.items()}, rows=training["rows"])


def _when(parts: Sequence[PreparedRows], signature: Signature) -> dict[str, Any]:
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
