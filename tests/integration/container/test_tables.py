"""Training, comparison and serving of regression, binary and multiclass tables, on rows made here."""

import json
import shutil
import tarfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import average_precision_score, f1_score, mean_absolute_error

from container.signature import AS_OF, ROW_NUMBER
from evergreen.metrics import OF_TASK, Task
from evergreen.verdict import Outcome, decide
from tests.integration.container.answering import Asked, ask
from tests.integration.container.tables import FIRST, TableStage

TABLES: tuple[Task, ...] = ("regression", "binary", "multiclass")


@pytest.fixture(scope="module", params=TABLES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TableStage:
    """One trained model per task."""
    stage = TableStage(tmp_path_factory.mktemp(request.param), task=request.param).prepare_rows()
    done = stage.train()
    assert done.returncode == 0, done.stderr
    return stage


def altered(stage: TableStage, folder: Path, **training: object) -> Path:
    """The trained model with something else in its training.json."""
    shutil.copytree(stage.base / "model", folder / "altered")
    (folder / "altered" / "training.json").write_text(json.dumps({**stage.training(), **training}))
    with tarfile.open(folder / "altered.tar.gz", "w:gz") as archive:
        archive.add(folder / "altered", ".")
    return folder / "altered.tar.gz"


def test_the_model_says_how_it_was_made_and_holds_no_code(made: TableStage) -> None:
    training = made.training()
    assert (training["rows"], training["validation_rows"]) == (600, 150)
    assert training["split"] == "random 0.2 by machine"
    assert "labels_until" not in training
    assert set(training["validation_metrics"]) == set(OF_TASK[made.task])
    assert sum(training.get("class_rows", {"": 600}).values()) == 600
    files = {path.name for path in (made.base / "model").iterdir()}
    assert files == {"model.ubj", "signature.json", "training.json", "learned_rows.npy", "golden_row.json"}


def test_challenger_champion_and_baseline_are_told_by_every_metric_of_the_task(
    made: TableStage, tmp_path: Path
) -> None:
    stage = TableStage(tmp_path, task=made.task)
    evaluation = stage.evaluate(made.holdout, made.archive, champion=made.archive)
    assert evaluation.task == made.task
    assert evaluation.rows == evaluation.judged_rows == 300
    assert set(evaluation.challenger) == set(evaluation.baseline) == set(OF_TASK[made.task])
    assert evaluation.champion == evaluation.challenger
    assert evaluation.against_baseline.low > 0
    assert evaluation.against_champion is not None
    assert (evaluation.against_champion.low, evaluation.against_champion.high) == (0, 0)
    rows = pq.read_table(stage.output / "evaluation" / "rows.parquet").to_pydict()
    truth = np.array(rows["result"])
    match made.task:
        case "regression":
            assert evaluation.challenger["mae"] == pytest.approx(
                mean_absolute_error(truth, rows["challenger_prediction"])
            )
        case "binary":
            assert evaluation.challenger["pr_auc"] == pytest.approx(
                average_precision_score(truth, rows["challenger_probability"])
            )
        case "multiclass":
            said = [made.signature.classes.index(label) for label in rows["challenger_label"]]
            assert evaluation.challenger["macro_f1"] == pytest.approx(f1_score(truth, said, average="macro"))


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task in TABLES for metric in OF_TASK[task]])
def test_any_metric_of_the_task_can_decide(tmp_path: Path, task: Task, metric: str) -> None:
    stage = TableStage(tmp_path, task=task, gate={"metric": metric}).prepare_rows(200, 60, 120)
    assert stage.train().returncode == 0
    evaluation = stage.evaluate(stage.holdout, stage.archive)
    comparison = evaluation.against_baseline
    assert evaluation.metric == metric
    assert 0 < comparison.low < comparison.improvement < comparison.high


def test_a_champion_of_another_draw_is_unscorable(made: TableStage, tmp_path: Path) -> None:
    champion = altered(made, tmp_path, split="random 0.3 by machine")
    evaluation = TableStage(tmp_path / "run", task=made.task).evaluate(made.holdout, made.archive, champion)
    assert "split by another rule (random 0.3 by machine)" in (evaluation.champion_unscorable or "")
    assert evaluation.champion is None


def test_a_champion_of_other_classes_or_another_task_is_unscorable(tmp_path: Path) -> None:
    stage = TableStage(tmp_path / "new", task="binary").prepare_rows(200, 60, 120)
    assert stage.train().returncode == 0
    for name, changes in (("classes", {"classes": ("no", "yes")}), ("task", {"task": "multiclass"})):
        other = TableStage(tmp_path / name, task="binary").prepare_rows(200, 60, 120)
        (other.output / "prepared" / "train" / "signature.json").write_text(
            json.dumps({**json.loads(stage.signature.to_json()), **changes})
        )
        assert other.train().returncode == 0
        run = TableStage(tmp_path / f"{name}-run", task="binary")
        said = run.evaluate(stage.holdout, stage.archive, champion=other.archive).champion_unscorable or ""
        assert {"classes": "knows the classes no, yes", "task": "of task multiclass"}[name] in said


def in_time(tmp_path: Path) -> TableStage:
    stage = TableStage(tmp_path / "time", task="regression", split="time").prepare_rows(200, 60, 120)
    done = stage.train()
    assert done.returncode == 0, done.stderr
    return stage


def test_in_order_of_time_the_labels_end_before_the_holdout_begins(tmp_path: Path) -> None:
    stage = in_time(tmp_path)
    last = FIRST + timedelta(days=100, seconds=199)
    assert stage.training()["labels_until"] == last.isoformat()
    run = TableStage(tmp_path / "run", task="regression", split="time")
    assert run.evaluate(stage.holdout, stage.archive).rows == 120


@pytest.mark.parametrize(("seconds", "unscorable"), [(-1, False), (0, True), (1, True)])
def test_a_champion_whose_labels_reach_into_the_holdout_is_unscorable(
    tmp_path: Path, seconds: int, unscorable: bool
) -> None:
    stage = in_time(tmp_path)
    until = FIRST + timedelta(days=200, seconds=seconds)
    champion = altered(stage, tmp_path, labels_until=until.isoformat())
    run = TableStage(tmp_path / "run", task="regression", split="time")
    said = run.evaluate(stage.holdout, stage.archive, champion).champion_unscorable
    assert (said is not None) is unscorable
    assert not unscorable or "trained on labels up to" in (said or "")


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_rows_of_one_class_decide_nothing_and_teach_nothing(tmp_path: Path, task: Task) -> None:
    stage = TableStage(tmp_path, task=task).prepare_rows(200, 60, 120)

    def one_class(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index("result"), "result", pa.array([0.0] * table.num_rows))

    stage.change("holdout", one_class)
    assert stage.train().returncode == 0
    evaluation = stage.evaluate(stage.holdout, stage.archive)
    wanted = f"all of the 120 rows are of class '{stage.signature.classes[0]}' of 'result'"
    assert wanted in (evaluation.unjudgeable or "")
    verdict = decide(evaluation, stage.contract().gate)
    assert verdict.outcome == Outcome.INCONCLUSIVE
    assert wanted in verdict.reasons[0]
    pq.write_table(one_class(stage.rows(200, 1)), stage.base / "input" / "data" / "train" / "train.parquet")
    assert "nothing to learn from: all of the 200 rows are of class" in stage.failure()


def test_rows_without_a_label_are_refused_by_column(tmp_path: Path) -> None:
    stage = TableStage(tmp_path, task="regression").prepare_rows(200, 60, 120)
    stage.change("train", lambda table: table.set_column(5, "result", pa.array([None] * 200, pa.float64())))
    assert "train.parquet has rows without a value of 'result'" in stage.train().stdout  # one JSON object per line


@pytest.mark.parametrize("task", TABLES)
def test_thirty_rows_and_none_to_validate_by_still_make_a_model(tmp_path: Path, task: Task) -> None:
    stage = TableStage(tmp_path, task=task, entity=ROW_NUMBER).prepare_rows(30, 0, 20)
    stage.change("train", lambda table: table.set_column(1, AS_OF, pa.nulls(30)))  # of no type at all
    done = stage.train()
    assert done.returncode == 0, done.stderr
    assert stage.training()["validation_metrics"] == {}


def test_each_line_gets_one_line_of_the_tasks_outputs(made: TableStage) -> None:
    body, rows = "41.5,160,pump\n,3,\n20,0,unheard of\n", [[41.5, 160, "pump"], [None, 3, None], [20, 0, "unheard of"]]
    few, many, items = ask(
        made.base,
        Asked(body.encode(), {"content-type": "text/csv"}),
        Asked(body.encode() * 700, {"content-type": "text/csv"}),  # by the other decoder
        Asked(json.dumps({"instances": rows}).encode(), {"content-type": "application/json"}),
    )
    lines = few.content.decode().splitlines()
    assert many.content.decode().splitlines() == lines * 700
    for item, line in zip(json.loads(items.content)["predictions"], lines, strict=True):
        assert tuple(item) == made.signature.outputs
        cells = line.split(",")
        assert len(cells) == len(made.signature.outputs)
        assert float(cells[-1]) == pytest.approx(list(item.values())[-1])
        if made.task != "regression":
            assert cells[0] == item["label"]
            assert cells[0] in made.signature.classes
