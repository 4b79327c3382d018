"""What must never be promoted, from training rows to verdict; and what the gate tells of those that may be."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from sklearn.metrics import average_precision_score, f1_score, matthews_corrcoef

from container.evaluate.slices import cut
from container.learned_rows import FILE, LearnedRows, row_hashes
from container.rows import LabelledRows
from container.signature import ROW_NUMBER
from container.tasks import TASKS
from evergreen.evaluation import Evaluation
from evergreen.metrics import OF_TASK, Task
from evergreen.verdict import Outcome, Verdict, decide
from tests.integration.container.conftest import REPOSITORY, Stage
from tests.integration.container.made_tables import accepted as written
from tests.integration.container.made_tables import part, prepared, table_contract
from tests.integration.container.tables import Selection, TableStage

TABLES: tuple[Task, ...] = ("regression", "binary", "multiclass")
PARTS = ("train", "validation", "holdout")


def trained(folder: Path, task: Task = "binary", change: Selection | None = None, **options: Any) -> TableStage:
    """A trained model of a table; `change` spoils the rows that it learns from."""
    stage = TableStage(folder, task=task, **options).prepare_rows(400, 150, 400)
    for name in ("train", "validation") if change else ():
        stage.change(name, change or (lambda table: table))
    done = stage.train()
    assert done.returncode == 0, done.stderr
    return stage


def judged(folder: Path, challenger: TableStage, champion: TableStage | None = None) -> tuple[Evaluation, Verdict]:
    """The evaluation of a run of its own, and its verdict."""
    stage = TableStage(folder, task=challenger.task, entity=challenger.entity)
    evaluation = stage.evaluate(challenger.holdout, challenger.archive, champion.archive if champion else None)
    return evaluation, decide(evaluation, challenger.contract().gate)


def replaced(name: str, values: Callable[[pa.Table], Any]) -> Selection:
    """Change one column."""

    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index(name), name, pa.array(values(table)))

    return change


def shuffled(table: pa.Table) -> np.ndarray:
    return np.random.default_rng(4).permutation(table["result"].to_numpy())


@pytest.mark.parametrize("task", TABLES)
def test_a_planted_leak_is_refused_by_its_columns_name_unless_it_is_trusted(tmp_path: Path, task: Task) -> None:
    stage = TableStage(tmp_path / "leaking", task=task).prepare_rows(400, 150, 400)
    for name in PARTS:
        stage.change(name, replaced("wear", lambda table: (table["result"].to_numpy() * 100).astype(int)))
    assert stage.train().returncode == 0
    evaluation, verdict = judged(tmp_path / "run", stage)
    assert [leak.column for leak in evaluation.leaks] == ["wear"]
    assert (verdict.outcome, verdict.promote) == (Outcome.KEEP, False)
    assert verdict.reasons[0].startswith("'wear' alone tells")
    stage.gate = {"trusted": ["wear"]}
    (stage.holdout / "dataset.json").write_text(stage.contract().model_dump_json(by_alias=True))
    evaluation, verdict = judged(tmp_path / "trusting", stage)
    assert [leak.trusted for leak in evaluation.leaks] == [True]
    assert verdict.outcome is Outcome.FIRST
    assert verdict.reasons[-1].endswith("the contract trusts it.")


def test_a_mode_of_failure_that_someone_makes_a_feature_is_refused_by_name(tmp_path: Path) -> None:
    stage = Stage(tmp_path, dataset="line_yield")
    columns = yaml.safe_load((REPOSITORY / "datasets" / "line_yield" / "dataset.yaml").read_text())["input"]
    columns["columns"]["HDF"]["feature"] = True
    stage.prepare({"a.csv.gz": REPOSITORY / "datasets" / "line_yield" / "ai4i2020.csv.gz"}, input=columns)
    assert stage.train(num_round="5").returncode == 0
    evaluation = stage.evaluate(stage.output / "prepared" / "holdout", stage.archive)
    assert [leak.column for leak in evaluation.leaks] == ["HDF"]
    assert "is '1' in 22 hold-out rows, every one of them '1'" in evaluation.leaks[0].reason


@pytest.mark.parametrize("task", TABLES)
def test_the_better_model_wins_whichever_of_the_two_it_is(tmp_path: Path, task: Task) -> None:
    good = trained(tmp_path / "good", task)
    poor = trained(tmp_path / "poor", task, replaced("result", shuffled))
    _, won = judged(tmp_path / "won", good, champion=poor)
    assert (won.outcome, won.promote) == (Outcome.PROMOTE, True)
    _, lost = judged(tmp_path / "lost", poor, champion=good)
    assert (lost.outcome, lost.promote) == (Outcome.KEEP, False)
    _, same = judged(tmp_path / "same", good, champion=good)
    assert (same.outcome, same.promote) == (Outcome.KEEP, False)


@pytest.mark.parametrize("task", TABLES)
@pytest.mark.parametrize("rows", [0, 1, 2, 5, 40])
def test_a_tiny_holdout_is_inconclusive_and_no_crash(tmp_path: Path, task: Task, rows: int) -> None:
    stage = trained(tmp_path / "few", task)
    stage.change("holdout", lambda table: table.slice(0, rows))
    evaluation, verdict = judged(tmp_path / "run", stage, champion=stage)
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)
    assert evaluation.rows == rows
    assert pq.read_table(tmp_path / "run/processing/output/evaluation/rows.parquet").num_rows == rows


@pytest.mark.parametrize(("kept", "words"), [(0, "all of the"), (1, "only 1 of"), (4, "only 4 of"), (5, None)])
def test_a_rare_class_of_five_rows_is_the_least_that_tells_anything(
    tmp_path: Path, kept: int, words: str | None
) -> None:
    stage = trained(tmp_path / "model")

    def rare(table: pa.Table) -> pa.Table:
        positive = np.flatnonzero(table["result"].to_numpy() == 1)
        return table.take(np.setdiff1d(np.arange(table.num_rows), positive[kept:]))

    stage.change("holdout", rare)
    evaluation, verdict = judged(tmp_path / "run", stage, champion=stage)
    assert (evaluation.unjudgeable is None) is (words is None)
    assert verdict.promote is False
    assert (words or "") in verdict.reasons[0]


@pytest.mark.parametrize(("broken", "value"), [(0, np.nan), (0, np.inf), (1, np.nan), (1, -np.inf)])
def test_predictions_that_are_no_numbers_never_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: int, value: float
) -> None:
    stage, calls, predict = trained(tmp_path / "one"), iter(range(2)), TASKS["binary"].predict

    def sometimes(*given: Any) -> Any:
        found = predict(*given).copy()
        if next(calls) == broken:
            found[7] = value
        return found

    monkeypatch.setattr(TASKS["binary"], "predict", sometimes)
    run = TableStage(tmp_path / "run")
    if broken == 0:  # the challenger: no evaluation, so no verdict
        run.stage_evaluate(stage.holdout, stage.archive, stage.archive)
        assert "predicts values that are not numbers" in run.failure("evaluate")
        assert not (run.output / "evaluation").exists()
    else:
        evaluation = run.evaluate(stage.holdout, stage.archive, stage.archive)
        assert "predicts values that are not numbers" in (evaluation.champion_unscorable or "")
        assert decide(evaluation, stage.contract().gate).outcome is Outcome.CHAMPION_UNSCORABLE


def overlapping(folder: Path, rows: int, entity: str = "machine") -> TableStage:
    """A model that has learned from some of its hold-out rows."""
    other = TableStage(folder / "other", entity=entity).rows(400, 2)
    return trained(folder / "overlapping", change=lambda table: pa.concat_tables((table, other[:rows])), entity=entity)


def test_a_challenger_that_has_learned_from_holdout_rows_fails_the_run(tmp_path: Path) -> None:
    stage = overlapping(tmp_path, 3)
    run = TableStage(tmp_path / "run")
    run.stage_evaluate(stage.holdout, stage.archive)
    assert "it has learned from 3 of the 400 hold-out rows, such as machine m2-0" in run.failure("evaluate")


def test_a_champion_that_has_learned_from_holdout_rows_is_unscorable(tmp_path: Path) -> None:
    evaluation, verdict = judged(tmp_path / "run", trained(tmp_path / "new"), champion=overlapping(tmp_path, 3))
    assert "it has learned from 3 of the 400 hold-out rows" in (evaluation.champion_unscorable or "")
    assert verdict.outcome is Outcome.CHAMPION_UNSCORABLE


@pytest.mark.parametrize(("rows", "refused"), [(4, False), (5, True)])
def test_rows_without_an_entity_may_look_alike_in_one_of_a_hundred(tmp_path: Path, rows: int, refused: bool) -> None:
    stage = overlapping(tmp_path, rows, entity=ROW_NUMBER)
    evaluation, _ = judged(tmp_path / "run", trained(tmp_path / "new", entity=ROW_NUMBER), champion=stage)
    assert ("learned from 5 of the 400" in (evaluation.champion_unscorable or "")) is refused


def test_a_model_from_before_hashes_were_kept_is_judged_as_it_was(tmp_path: Path) -> None:
    champion = overlapping(tmp_path, 3)
    (champion.base / "model" / FILE).unlink()
    evaluation, _ = judged(tmp_path / "run", trained(tmp_path / "new"), champion=champion)
    assert evaluation.champion_unscorable is None


def test_hashes_that_cannot_be_read_make_a_champion_unscorable(tmp_path: Path) -> None:
    champion = trained(tmp_path / "old")
    (champion.base / "model" / FILE).write_bytes(b"no hashes")
    with tarfile.open(champion.base / "model.tar.gz", "w:gz") as archive:
        archive.add(champion.base / "model", ".")
    evaluation, _ = judged(tmp_path / "run", trained(tmp_path / "new"), champion=champion)
    assert "learned_rows.npy cannot be read" in (evaluation.champion_unscorable or "")


def test_equal_rows_without_an_entity_are_drawn_to_one_side_and_raise_no_alarm(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    columns = {
        "a": random.integers(0, 12, 3_000),
        "b": random.integers(0, 12, 3_000),
        "y": random.integers(0, 2, 3_000),
    }
    contract = table_contract({"a": "integer", "b": "integer", "y": "integer"}, entity=None)
    file = written(tmp_path / "a.parquet", {name: values.tolist() for name, values in columns.items()})
    _, signature = prepared(tmp_path, contract, [file])
    sides = [LabelledRows(part(tmp_path, name), part(tmp_path, name)["y"].to_numpy()) for name in PARTS]
    known = LearnedRows.of(sides[:2], signature)
    assert len(known.hashes) < 300  # of 2,400 rows: there are many equal ones
    assert not known.among(row_hashes(sides[2], signature)).any()


def test_labels_and_their_metrics_are_told_at_the_models_own_threshold(tmp_path: Path) -> None:
    stage = trained(tmp_path / "model")
    threshold = stage.training()["threshold"]
    assert threshold != 0.5
    evaluation, _ = judged(tmp_path / "run", stage)
    assert evaluation.threshold == threshold
    rows = pq.read_table(tmp_path / "run/processing/output/evaluation/rows.parquet").to_pydict()
    truth, said = np.array(rows["result"]), np.array(rows["challenger_label"]) == stage.signature.classes[1]
    assert said.tolist() == (np.array(rows["challenger_probability"]) >= threshold).tolist()
    assert evaluation.challenger["f1"] == pytest.approx(f1_score(truth, said))
    assert evaluation.challenger["mcc"] == pytest.approx(matthews_corrcoef(truth, said))
    assert evaluation.baseline["f1"] == pytest.approx(f1_score(truth, np.ones(400)))  # of two classes the rare one


def test_a_model_without_a_threshold_tells_labels_from_one_half_on(tmp_path: Path) -> None:
    stage = trained(tmp_path / "model")
    training = stage.training()
    del training["threshold"]
    (stage.base / "model" / "training.json").write_text(json.dumps(training))
    assert judged(tmp_path / "run", stage)[0].threshold == 0.5


@pytest.mark.parametrize("task", TABLES)
def test_every_metric_of_every_model_has_an_interval_around_it(tmp_path: Path, task: Task) -> None:
    stage = trained(tmp_path / "model", task)
    evaluation, _ = judged(tmp_path / "run", stage, champion=stage)
    for role in ("challenger", "champion", "baseline"):
        assert set(evaluation.intervals[role]) == set(OF_TASK[task])
        for name, interval in evaluation.intervals[role].items():
            slack = 1e-6
            assert interval.low - slack <= getattr(evaluation, role)[name] <= interval.high + slack, (role, name)
    assert evaluation.intervals["challenger"] == evaluation.intervals["champion"]


def test_slices_are_judged_on_their_own_rows_and_small_ones_are_said(tmp_path: Path) -> None:
    gate = {"slices": {"kind": 0.1, "wear": 0.1}, "min_rows": 130}
    stage = trained(tmp_path / "model", gate=gate)
    poor = trained(tmp_path / "poor", change=replaced("result", shuffled))
    evaluation, _ = judged(tmp_path / "run", stage, champion=poor)
    holdout = pq.read_table(stage.holdout / "holdout.parquet")
    rows = pq.read_table(tmp_path / "run/processing/output/evaluation/rows.parquet")
    assert {each.column for each in evaluation.slices} == {"kind"}
    for each in evaluation.slices:
        of = rows.filter(pc.equal(holdout["kind"], each.value)).to_pydict()
        assert each.rows == len(of["result"]) >= 130
        for role in ("challenger", "champion"):
            expected = average_precision_score(of["result"], of[f"{role}_probability"])
            assert getattr(each, role) == pytest.approx(expected)
        assert each.comparison.low > 0
    said = {each.column: each.reason for each in evaluation.slices_left_out}
    assert said["wear"].startswith("4 values with fewer than 130 rows to judge by are not judged alone (")
    assert said["wear"].endswith("400 rows)")


def test_a_column_that_no_model_may_learn_from_makes_slices_all_the_same(tmp_path: Path) -> None:
    random, rows = np.random.default_rng(8), 2_000
    region, speed = random.choice(["north", "south, or so", None], rows), random.normal(size=rows)
    columns = {"who": list(range(rows)), "speed": speed.tolist(), "region": region.tolist()}
    columns["y"] = (speed + random.normal(size=rows) > 1).astype(int).tolist()
    kinds = {"who": "integer", "speed": "number", "region": {"type": "text", "feature": False}, "y": "integer"}
    contract = table_contract(kinds, gate={"slices": {"region": 0.1}})
    _, signature = prepared(tmp_path, contract, [written(tmp_path / "a.parquet", columns)])
    assert [feature.name for feature in signature.features] == ["speed"]
    assert "region" not in part(tmp_path, "train").column_names
    holdout = LabelledRows.read(tmp_path / "holdout" / "holdout.parquet", signature)
    kept, left_out = cut(holdout, np.ones(len(holdout.targets), dtype=bool), signature, contract.gate)
    assert sorted(each.value for each in kept) == ["(missing)", "north", "south or so"]
    assert sum(each.judged for each in kept) == len(holdout.targets)
    assert left_out == ()


def test_a_slice_of_rows_with_a_whole_letter_is_named_by_its_beginning(tmp_path: Path) -> None:
    stage = trained(tmp_path / "model", gate={"slices": {"kind": 0.1}})
    letter = "Dear Sir or Madam, " * 1_000
    letters = [letter + "Yours, Ann", letter + "Yours, Bob"]
    stage.change("holdout", replaced("kind", lambda table: letters * (table.num_rows // 2)))
    evaluation, _ = judged(tmp_path / "run", stage, champion=stage)
    assert [each.value for each in evaluation.slices] == [letter[:99] + "…"] * 2
