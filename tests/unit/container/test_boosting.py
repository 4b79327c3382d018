"""Boosters on disk, interrupted and resumed: the same model, or one as good."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from container import on_disk
from container.algorithms.definition import Fit
from container.algorithms.hyperparameters import Hyperparameters
from container.algorithms.workplace import ALONE, Workplace
from container.algorithms.xgboost import boosting, choices, fit
from container.fold import Fold
from container.on_disk import folder_of, matrix_in
from container.stopping import Stopped
from tests.unit.container.test_algorithms import CASES, FEATURES, Case, fold

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
ROWS, JUDGES = fold(CASES["mean"], 2_000), fold(CASES["mean"], 500, 6)


def trained(case: Case, train: Fold, judges: Fold, workplace: Workplace = ALONE, **given: Any) -> Fit:
    parameters = Hyperparameters.of({"eta": 0.2, "num_round": 60, **given}, choices(case.task))
    return fit(case.goal, train, judges, FEATURES, parameters, learn_all=True, workplace=workplace)


def lying_in(folder: Path, rows: Fold) -> Fold:
    values = matrix_in(folder, *rows.values.shape)
    values[:] = rows.values
    return replace(rows, values=values)


def loss(case: Case, found: Fit, judges: Fold) -> float:
    predicted = found.judged.predict(judges.values).astype(np.float64)
    match case.goal.kind:
        case "probability":
            likelihood = np.where(judges.targets == 1, predicted[:, 0], 1 - predicted[:, 0])
        case "classes":
            likelihood = predicted[np.arange(len(predicted)), judges.targets.astype(int)]
        case _:
            return float(np.sqrt(np.mean((predicted[:, 0] - judges.targets) ** 2)))
    return float(-np.log(likelihood).mean())


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_disk, "BATCH_CELLS", 1_200)  # 300 rows


@every_case
def test_rows_on_disk_make_a_model_as_good_as_rows_in_memory(case: Case, tmp_path: Path, small_batches: None) -> None:
    rows, judges = fold(case, 2_000), fold(case, 500, 6)
    # On disk XGBoost counts rows that a round does not draw among those that a median or quantile of leaves is of.
    given = {"subsample": 1} if case.goal.kind in ("median", "quantile") else {}
    in_memory = trained(case, rows, judges, **given)
    disk = trained(case, lying_in(tmp_path, rows), lying_in(tmp_path, judges), **given)
    assert list(tmp_path.glob("bins-*"))
    assert loss(case, disk, judges) == pytest.approx(loss(case, in_memory, judges), rel=2e-5)


def test_the_same_rows_and_seed_make_the_same_bytes(tmp_path: Path, small_batches: None) -> None:
    for place in (lambda rows: rows, lambda rows: lying_in(tmp_path, rows)):
        first, second = (trained(CASES["mean"], place(ROWS), place(JUDGES)).predictor.save() for _ in range(2))
        assert first == second
    assert trained(CASES["mean"], ROWS, JUDGES, seed=18).predictor.save() != first


def test_parts_of_rows_on_disk_stay_on_disk(tmp_path: Path, small_batches: None) -> None:
    rows = lying_in(tmp_path, ROWS)
    wanted = ROWS.targets > np.median(ROWS.targets)
    both, some = rows + JUDGES, rows.where(wanted)
    assert folder_of(both.values) == folder_of(some.values) == tmp_path
    np.testing.assert_array_equal(both.values, np.concatenate((ROWS.values, JUDGES.values)))
    np.testing.assert_array_equal(some.values, ROWS.values[wanted])
    assert list(tmp_path.glob("*.rows")) == []  # nothing is left behind, however the job ends


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """SIGTERM comes after so many rounds of all that are boosted from then on, or not at all."""
    update = xgb.Booster.update

    def at(rounds: int | None) -> None:
        left = iter(range(rounds)) if rounds is not None else count()

        def interrupted(booster: xgb.Booster, rows: xgb.DMatrix, iteration: int) -> None:
            update(booster, rows, iteration)
            if next(left, None) is None:  # as a rule it comes while the library works
                raise Stopped

        monkeypatch.setattr(xgb.Booster, "update", interrupted)

    return at


@every_case
@pytest.mark.parametrize("place", ["memory", "disk"])
def test_an_interrupted_training_goes_on_to_the_same_bytes(
    case: Case, place: str, tmp_path: Path, interrupt: Callable[[int | None], None], small_batches: None
) -> None:
    rows, judges = fold(case, 2_000), fold(case, 500, 6)
    if place == "disk":
        rows, judges = lying_in(tmp_path, rows), lying_in(tmp_path, judges)
    kept = tmp_path / "checkpoints"
    kept.mkdir()
    given = {"early_stopping_rounds": 5, "num_round": 200}
    whole = trained(case, rows, judges, **given)
    for rounds in (7, 30, 20):  # the last ones while the rows are learned together with the validation rows, or after
        interrupt(rounds)
        try:
            trained(case, rows, judges, Workplace(kept), **given)
        except Stopped:
            continue
    interrupt(None)
    resumed = trained(case, rows, judges, Workplace(kept), **given)
    assert resumed.best_iteration == whole.best_iteration
    assert resumed.judged.save() == whole.judged.save()
    assert resumed.predictor.save() == whole.predictor.save()


def test_what_is_done_is_not_done_again(tmp_path: Path, interrupt: Callable[[int | None], None]) -> None:
    first = trained(CASES["mean"], ROWS, JUDGES, Workplace(tmp_path))
    interrupt(0)
    assert trained(CASES["mean"], ROWS, JUDGES, Workplace(tmp_path)).predictor.save() == first.predictor.save()


@pytest.mark.parametrize("changed", ["rows", "hyperparameters", "judges", "weights"])
def test_a_checkpoint_of_anything_else_is_left_alone(
    changed: str, tmp_path: Path, interrupt: Callable[[int | None], None]
) -> None:
    trained(CASES["mean"], ROWS, JUDGES, Workplace(tmp_path))
    other = ROWS.targets.copy()
    other[3] += 1
    rows = {"rows": replace(ROWS, targets=other), "weights": ROWS.weighted(0.5)}.get(changed, ROWS)
    judges = fold(CASES["mean"], 400, 6) if changed == "judges" else JUDGES
    interrupt(0)
    with pytest.raises(Stopped):
        trained(CASES["mean"], rows, judges, Workplace(tmp_path), eta=0.1 if changed == "hyperparameters" else 0.2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-9],
        lambda content: content[:-1] + b"?",
        lambda content: b"x" + content,
        lambda content: content.replace(b'{"rounds": ', b'{"rounds": 1'),
        lambda _: b"",
        lambda _: b"{}\nand so on",
    ],
)
def test_a_damaged_checkpoint_is_trained_anew(damage: Any, tmp_path: Path) -> None:
    first = trained(CASES["mean"], ROWS, JUDGES, Workplace(tmp_path))
    files = list(tmp_path.glob("*.checkpoint"))
    assert len(files) == 2  # judged, and with all rows
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert trained(CASES["mean"], ROWS, JUDGES, Workplace(tmp_path)).predictor.save() == first.predictor.save()


def test_a_checkpoint_is_written_while_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupt: Callable[[int | None], None]
) -> None:
    monkeypatch.setattr(boosting, "SECONDS_PER_CHECKPOINT", 0.0)
    monkeypatch.setattr(boosting, "Stopped", ZeroDivisionError)  # an instance that goes without a word
    interrupt(9)
    with pytest.raises(Stopped):
        trained(CASES["mean"], ROWS, JUDGES, Workplace(tmp_path))
    (file,) = tmp_path.iterdir()
    assert b'"rounds": 9' in file.read_bytes()
