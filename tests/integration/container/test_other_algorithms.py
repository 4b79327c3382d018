"""Another algorithm is another word in the contract: training, evaluation and serving stay as they are."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from container.algorithms import DEFAULT, NAMES, algorithm
from container.model import Model
from container.rows import LabelledRows, matrix
from tests.integration.container.conftest import Stage, Trained

OTHERS = [name for name in NAMES if name != DEFAULT]


def beside(trained: Trained, base: Path) -> Stage:
    """Another run with the same prepared rows."""
    stage = Stage(base)
    shutil.copytree(trained.output / "prepared", stage.output / "prepared")
    return stage


def load(stage: Stage) -> Model:
    return Model.load(lambda name: (stage.base / "model" / name).read_bytes())


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    stage = beside(trained, tmp_path_factory.mktemp(request.param))
    done = stage.train(algorithm=request.param, metric="mae")
    assert done.returncode == 0, done.stderr
    return stage


def test_the_model_says_of_which_algorithm_it_is_and_holds_its_files(other: Stage) -> None:
    training = json.loads((other.base / "model" / "training.json").read_text())
    of = algorithm(training["algorithm"])
    assert training["algorithm"] in OTHERS
    assert training["library"] == of.version()
    assert training["hyperparameters"] == dict(of.choices("time_to_event").defaults)
    files = {path.name for path in (other.base / "model").iterdir()}
    assert {f"event.{of.SUFFIX}", f"duration.{of.SUFFIX}", "signature.json", "training.json"} <= files


def test_it_is_judged_against_a_champion_of_another_algorithm_on_the_same_rows(
    trained: Trained, other: Stage, tmp_path: Path
) -> None:
    holdout = trained.output / "prepared" / "holdout"
    one = Stage(tmp_path / "one").evaluate(holdout, other.archive, champion=trained.archive)
    back = Stage(tmp_path / "back").evaluate(holdout, trained.archive, champion=other.archive)
    assert one.champion_unscorable is None
    assert one.challenger["mae"] < one.baseline["mae"]
    assert one.challenger["roc_auc"] > 0.6
    assert one.challenger == back.champion
    assert one.champion == back.challenger
    assert one.against_champion
    assert back.against_champion
    assert one.against_champion.improvement == pytest.approx(-back.against_champion.improvement)


def test_every_prediction_can_be_explained(trained: Trained, other: Stage) -> None:
    for stage in (trained, other):
        model = load(stage)
        rows = LabelledRows.read(trained.output / "prepared" / "holdout" / "holdout.parquet", model.signature)
        values = matrix(rows.table.slice(0, 50), model.signature)
        found, predictions = model.contributions(values), model.predict(values)
        assert set(found) == {"event", "duration"}
        odds = found["event"].base + found["event"].values.sum(axis=1)
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(predictions[:, 1], abs=1e-4)
        days = found["duration"].base + found["duration"].values.sum(axis=1)
        assert np.clip(days, 0, 90) == pytest.approx(predictions[:, 0], abs=1e-3)


def test_a_model_from_before_there_were_other_algorithms_still_loads(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.base / "model", tmp_path / "model")
    training = json.loads((tmp_path / "model" / "training.json").read_text())
    assert training.pop("algorithm") == DEFAULT
    (tmp_path / "model" / "training.json").write_text(json.dumps(training))
    values = np.zeros((3, len(load(trained).signature.features)), dtype=np.float32)
    assert np.array_equal(load(Stage(tmp_path)).predict(values), load(trained).predict(values))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"algorithm": "catboost"}, "unknown algorithm catboost"),
        ({"algorithm": "linear", "max_depth": "3"}, "unknown hyperparameter max_depth"),
    ],
)
def test_what_the_algorithm_does_not_know_fails_the_job_with_the_reason(
    trained: Trained, tmp_path: Path, asked: dict[str, str], words: str
) -> None:
    stage = beside(trained, tmp_path)
    assert stage.train(**asked).returncode == 1
    assert words in (stage.base / "output" / "failure").read_text()


def test_a_trial_logs_the_metric_by_which_tuning_chooses(trained: Trained, tmp_path: Path) -> None:
    stage = beside(trained, tmp_path)
    done = stage.train(metric="concordance", _tuning_objective_metric="validation:concordance", num_round="5")
    assert done.returncode == 0, done.stderr
    assert 0.5 < json.loads(done.stdout.splitlines()[-1])["validation:concordance"] < 1


def test_a_trial_without_rows_to_choose_by_says_so(trained: Trained, tmp_path: Path) -> None:
    stage = beside(trained, tmp_path)
    path = stage.output / "prepared" / "train" / "validation.parquet"

    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert stage.train(_tuning_objective_metric="validation:mae").returncode == 1
    reason = (stage.base / "output" / "failure").read_text()
    assert "the 0 validation rows do not tell mae, by which tuning chooses" in reason


def test_the_training_channel_holds_no_row_of_the_holdout(trained: Trained) -> None:

    folder = trained.output / "prepared"
    entity = json.loads((folder / "train" / "signature.json").read_text())["entity"]

    def rows(path: Path) -> set[tuple[object, object]]:
        table = pq.read_table(path)
        return set(zip(table[entity].to_pylist(), table["\nas of"].to_pylist(), strict=True))

    channel = list((folder / "train").rglob("*.parquet"))
    assert {path.name for path in channel} == {"train.parquet", "validation.parquet"}
    holdout = rows(folder / "holdout" / "holdout.parquet")
    assert holdout
    for path in channel:
        assert not rows(path) & holdout
