"""What a model report is about, made from prepared rows and trained models without running the verb."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from container.evaluate.archive import load_archive
from container.report.model.subject import Subject
from container.rows import LabelledRows, matrix
from container.signature import Signature
from evergreen.contract import Contract
from evergreen.evaluation import Comparison, Evaluation
from evergreen.manifest import ChampionModel, RunManifest
from evergreen.metrics import Task
from tests.integration.container.conftest import Stage
from tests.integration.container.tables import TableStage

CHAMPION = ChampionModel(run_id="made-00001-aaaaaaaa", model_key="runs/made/made-00001-aaaaaaaa/model.tar.gz")
METRICS: dict[str, dict[str, float]] = {
    "regression": {"mae": 36.9, "rmse": 47.7},
    "binary": {"pr_auc": 0.7, "roc_auc": 0.9},
    "multiclass": {"logloss": 0.44, "accuracy": 0.82},
    "time_to_event": {"mae": 19.7, "roc_auc": 0.74},
}


def comparison(against: str, **changes: float) -> Comparison:
    """One that the challenger clearly wins."""
    said = {"improvement": 0.1, "relative": 0.1, "low": 0.05, "high": 0.15, "confidence": 0.95, "resamples": 2000}
    return Comparison(against=against, **(said | changes))  # type: ignore[arg-type]


def evaluation(task: str, rows: int, *, scored: bool = False, **changes: Any) -> Evaluation:
    """One in which the challenger wins, with only what a test cares about said aloud."""
    said: dict[str, Any] = {
        "task": task,
        "metric": next(iter(METRICS[task])),
        "rows": rows,
        "judged_rows": rows,
        "challenger": METRICS[task],
        "baseline": METRICS[task],
        "against_baseline": comparison("baseline"),
    }
    if scored:
        said |= {"champion": METRICS[task], "against_champion": comparison("champion")}
    return Evaluation(**(said | changes))


def subject(stage: Stage, *, champion: Stage | None = None, changes: dict[str, Any] | None = None) -> Subject:
    """A stage's challenger on its hold-out, with a made-up evaluation; `changes` are of that."""
    folder = stage.output / "prepared" / "holdout"
    signature = Signature.from_json((folder / "signature.json").read_bytes())
    contract = Contract.model_validate_json((folder / "dataset.json").read_bytes())
    rows = LabelledRows.read(folder / "holdout.parquet", signature)
    model = load_archive(stage.archive).model
    values = matrix(rows.table, signature)
    naive = model.task.naive(model.training["baseline"], contract.metric)
    predictions: Any = {
        "challenger": model.predict(values),
        "baseline": np.tile(np.array(naive, dtype=np.float32), (len(rows.targets), 1)),
    }
    other = load_archive(champion.archive).model if champion else None
    if other:
        predictions["champion"] = other.predict(values)
    return Subject(
        RunManifest(
            run_id="made-00002-bbbbbbbb",
            dataset="made",
            fence=1,
            inputs=(),
            history=(),
            champion=CHAMPION if champion else None,
            bucket="b",
        ),
        contract,
        signature,
        rows,
        model,
        predictions,
        evaluation(contract.task, len(rows.targets), scored=champion is not None, **(changes or {})),
        champion=other,
    )


def with_contract(made: Subject, **changes: Any) -> Subject:
    """The same with another contract."""
    document = made.contract.model_dump(by_alias=True, exclude_none=True)
    return replace(made, contract=Contract.model_validate({**document, **changes}))


def trained_table(folder: Path, task: Task, rows: int = 300) -> TableStage:
    """A table, prepared and learned from."""
    stage = TableStage(folder, task=task).prepare_rows(rows, 100, 300)
    done = stage.train(num_round="40")
    assert done.returncode == 0, done.stderr
    return stage
