"""The whole gate on a large hold-out, beside scikit-learn's metrics of a few resamples, scaled to as many."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from sklearn import metrics as reference

from container.evaluate.judgement import Judgement, Scored
from container.evaluate.leaks import leaks
from container.evaluate.resampling import RESAMPLES
from container.rows import LabelledRows
from container.signature import OUTPUTS, Feature, Signature
from evergreen.contract import Contract
from evergreen.metrics import Task

FEATURES, SITES = 30, ("north", "south", "west")
SCALED_FROM = 4  # resamples of scikit-learn's
Metrics = list[Callable[[np.ndarray, np.ndarray], float]]
OF_REGRESSION: Metrics = [
    reference.mean_absolute_error,
    reference.root_mean_squared_error,
    reference.r2_score,
    reference.mean_pinball_loss,
]
OF_BINARY: Metrics = [
    reference.average_precision_score,
    reference.roc_auc_score,
    reference.log_loss,
    reference.brier_score_loss,
    lambda truth, said: reference.f1_score(truth, said >= 0.5),
    lambda truth, said: reference.matthews_corrcoef(truth, said >= 0.5),
]


class Seconds(NamedTuple):
    """What some work took; on a busy machine only the second figure says something."""

    wall: float
    cpu: float  # of all threads


@dataclass(frozen=True)
class Speed:
    """What the gate's parts took."""

    judged: Seconds  # every metric, interval and comparison
    sliced: Seconds  # the same, with two columns of slices
    leaks: Seconds
    yardstick: float  # CPU seconds of scikit-learn's metrics of challenger and champion, as many resamples
    peak: int  # bytes


def speed(task: Task, rows: int, base: float) -> Speed:
    """Measure one task on made-up rows."""
    random = np.random.default_rng(5)
    truth = random.normal(100, 20, rows) if task == "regression" else (random.random(rows) < base).astype(float)
    seen = truth if task == "regression" else 3 * truth - 3
    said = [seen + random.normal(0, noise, rows) for noise in (1.0, 1.02)]
    said = said if task == "regression" else [1 / (1 + np.exp(-each)) for each in said]
    constant = np.full(rows, truth.mean())
    scored = {
        role: Scored(each.astype(np.float32).reshape(-1, 1), 0.5)
        for role, each in zip(("challenger", "champion", "baseline"), (*said, constant), strict=True)
    }
    labelled, signature = _rows(random, task, truth)
    seconds = [
        _seconds(lambda slices=slices: Judgement(_contract(task, slices), labelled, signature).of(scored))
        for slices in ((), ("kind", "site"))
    ]
    looked = _seconds(lambda: leaks(labelled, signature, ()))
    metrics = OF_REGRESSION if task == "regression" else OF_BINARY
    taken = [random.integers(0, rows, rows) for _ in range(SCALED_FROM)]
    scaled = _seconds(lambda: [metric(truth[row], each[row]) for row in taken for each in said for metric in metrics])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Speed(seconds[0], seconds[1], looked, scaled.cpu * RESAMPLES / SCALED_FROM, peak)


def _seconds(work: Callable[[], object]) -> Seconds:
    began = time.perf_counter(), time.process_time()
    work()
    return Seconds(time.perf_counter() - began[0], time.process_time() - began[1])


def _rows(random: np.random.Generator, task: Task, truth: np.ndarray) -> tuple[LabelledRows, Signature]:
    rows = len(truth)
    columns = {f"f{place}": random.normal(size=rows) for place in range(FEATURES)}
    sites = pa.array(SITES).take(pa.array(random.integers(0, len(SITES), rows)))
    table = pa.table({**columns, "kind": random.integers(0, 8, rows), "site": sites})
    features = (*(Feature(name, "number") for name in (*columns, "kind")), Feature("site", "category", SITES))
    classes = ("no", "yes") if task == "binary" else ()
    signature = Signature("d", task, "who", features, "", "t", OUTPUTS[task], "", classes)
    return LabelledRows(table, truth), signature


def _contract(task: Task, slices: tuple[str, ...]) -> Contract:
    kinds = {"who": "text", "kind": "integer", "site": "text", "t": "number" if task == "regression" else "text"}
    return Contract.model_validate(
        {
            "id": "d",
            "task": task,
            "entity": "who",
            "input": {"columns": {name: {"type": kind} for name, kind in kinds.items()}},
            "target": {"column": "t", **({"positive": "yes"} if task == "binary" else {})},
            "split": {"by": "random"},
            "gate": {"slices": dict.fromkeys(slices, 0.1)},
        }
    )
