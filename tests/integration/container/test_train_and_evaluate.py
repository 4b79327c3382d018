"""Training and the comparison on the hold-out, as processes."""

import json
import shutil
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from container.algorithms.xgboost.predictor import Booster
from container.model import Model
from evergreen.gate import Gate
from evergreen.verdict import Outcome, decide
from tests.integration.container.conftest import Stage, Trained


def holdout(trained: Trained) -> Path:
    return trained.output / "prepared" / "holdout"


def altered(trained: Trained, folder: Path, name: str, **changes: object) -> Path:
    """The trained model with something changed in one of its JSON files."""
    model = folder / "altered"
    shutil.copytree(trained.base / "model", model)
    document = json.loads((model / name).read_text())
    (model / name).write_text(json.dumps({**document, **changes}))
    with tarfile.open(folder / "altered.tar.gz", "w:gz") as archive:
        archive.add(model, ".")
    return folder / "altered.tar.gz"


def test_training_prints_one_json_object_per_line_with_its_metrics(trained: Trained) -> None:
    assert trained.log[-1]["event"] == "trained"
    assert 0.6 < trained.log[-1]["validation:roc_auc"] < 0.9


def test_the_model_says_how_it_was_made(trained: Trained) -> None:
    training = json.loads((trained.base / "model" / "training.json").read_text())
    assert training["rows"] == trained.report.train_rows
    assert training["labels_until"] == trained.report.holdout_cutoff
    assert training["hyperparameters"]["max_depth"] == 3
    assert {path.name for path in (trained.base / "model").iterdir()} == {
        "event.ubj",
        "duration.ubj",
        "signature.json",
        "training.json",
        "learned_rows.npy",
    }


def test_each_booster_ends_at_its_best_iteration(trained: Trained) -> None:
    model = Model.load(lambda name: (trained.base / "model" / name).read_bytes())
    best = model.training["best_iterations"]
    for name, predictor in model.predictors.items():
        assert isinstance(predictor, Booster)
        assert predictor.booster.num_boosted_rounds() == best[name] + 1


def test_the_same_rows_train_the_same_model(trained: Trained, stage: Stage) -> None:
    shutil.copytree(trained.output / "prepared", stage.output / "prepared")
    stage.train(max_depth="3")
    for name in ("event.ubj", "duration.ubj"):
        assert (stage.base / "model" / name).read_bytes() == (trained.base / "model" / name).read_bytes()


def test_the_interval_of_days_holds_on_the_hold_out_about_as_often_as_it_says(trained: Trained, stage: Stage) -> None:
    evaluation = stage.evaluate(holdout(trained), trained.archive)
    interval = evaluation.prediction_interval
    assert interval
    assert (interval.level, interval.least, interval.most) == (0.8, 0, 90)
    assert interval.judged_rows == evaluation.judged_rows > 100
    assert 0.7 < interval.coverage < 0.9
    assert 0 < interval.width < 90
    assert f"held for {interval.coverage:.1%} of {interval.judged_rows:,} hold-out rows" in (
        stage.output / "evaluation" / "report.html"
    ).read_text(encoding="utf-8")


def test_a_failure_is_written_where_sagemaker_looks(trained: Trained, stage: Stage) -> None:
    shutil.copytree(trained.output / "prepared", stage.output / "prepared")
    done = stage.train(max_dept="3")
    assert done.returncode == 1
    assert "unknown hyperparameter max_dept" in (stage.base / "output" / "failure").read_text()


def test_a_first_challenger_is_judged_against_the_naive_baseline(trained: Trained, stage: Stage) -> None:
    evaluation = stage.evaluate(holdout(trained), trained.archive)
    assert evaluation.champion is None
    assert evaluation.against_champion is None
    assert evaluation.champion_unscorable is None
    assert evaluation.rows == trained.report.holdout_rows
    assert 0 < evaluation.judged_rows < evaluation.rows
    assert evaluation.challenger["mae"] < evaluation.baseline["mae"]
    assert evaluation.challenger["roc_auc"] > 0.6
    assert evaluation.baseline["roc_auc"] == 0.5
    rows = pq.read_table(stage.output / "evaluation" / "rows.parquet")
    assert rows.num_rows == evaluation.rows
    mae = sum(rows["challenger_share"].to_pylist()) / evaluation.judged_rows
    assert mae == pytest.approx(evaluation.challenger["mae"])


def test_a_champion_against_itself_shows_no_improvement(trained: Trained, stage: Stage) -> None:
    evaluation = stage.evaluate(holdout(trained), trained.archive, champion=trained.archive)
    assert evaluation.champion == evaluation.challenger
    assert evaluation.against_champion is not None
    assert (evaluation.against_champion.low, evaluation.against_champion.high) == (0, 0)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("signature.json", {"features_hash": "0" * 64}, "the definition of features or target has changed"),
        ("signature.json", {"format": 0}, "signature format 0"),
        ("training.json", {"labels_until": "2011-12-01"}, "trained on labels up to 2011-12-01"),
    ],
)
def test_a_champion_that_does_not_fit_the_holdout_is_unscorable(
    trained: Trained, stage: Stage, name: str, changes: dict[str, object], words: str
) -> None:
    champion = altered(trained, stage.base, name, **changes)
    evaluation = stage.evaluate(holdout(trained), trained.archive, champion=champion)
    assert words in (evaluation.champion_unscorable or "")
    assert evaluation.champion is None


def test_a_champion_is_known_again_by_the_digest_of_what_was_judged(
    trained: Trained, stage: Stage, tmp_path: Path
) -> None:
    judged = stage.evaluate(holdout(trained), trained.archive).challenger_sha256
    assert judged
    other = altered(trained, stage.base, "training.json", seconds=0.0)  # sound in itself, but it was never judged
    for champion, words in ((trained.archive, None), (other, "is not the file that was judged")):
        later = Stage(tmp_path / (words or "the same"))
        found = later.evaluate(holdout(trained), trained.archive, champion, champion_sha256=judged)
        assert (found.champion is None) is (words is not None)
        assert (words or "") in (found.champion_unscorable or "")


def test_a_challenger_that_has_seen_the_holdout_is_refused(trained: Trained, stage: Stage) -> None:
    seen = altered(trained, stage.base, "training.json", labels_until="2011-12-01")
    stage.stage_evaluate(holdout(trained), seen)
    assert stage.run("evaluate", "--run", stage.layout.prefix).returncode == 1
    assert "trained on labels up to 2011-12-01" in (stage.base / "output" / "message").read_text()


@pytest.mark.parametrize(("kept", "words"), [("none", "is empty"), ("events", "all of the"), ("others", "none of the")])
def test_a_holdout_that_decides_nothing_is_inconclusive(trained: Trained, stage: Stage, kept: str, words: str) -> None:
    folder = stage.base / "holdout"
    shutil.copytree(holdout(trained), folder)
    table = pq.read_table(folder / "holdout.parquet")
    came = table["days_to_next_purchase"].is_valid()
    wanted = {"none": [False] * table.num_rows, "events": came, "others": table["days_to_next_purchase"].is_null()}
    pq.write_table(table.filter(wanted[kept]), folder / "holdout.parquet")
    evaluation = stage.evaluate(folder, trained.archive, champion=trained.archive)
    verdict = decide(evaluation, Gate())
    assert (verdict.outcome, verdict.promote) == (Outcome.INCONCLUSIVE, False)
    assert words in verdict.reasons[0]
    assert pq.read_table(stage.output / "evaluation" / "rows.parquet").num_rows == evaluation.rows
