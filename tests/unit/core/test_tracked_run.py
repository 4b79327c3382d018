"""A run as MLflow is told of it."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from evergreen.tracked_run import RUN_ID, tracked_run
from tests.unit.core.evaluations import with_champion, without_champion
from tests.unit.core.test_lineage import DATA, RUN, lineage

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RECORD = {
    "started_at": "2026-03-02T08:00:00+00:00",
    "causes": ["a.csv was dropped"],
    "model_package_arn": "arn:package",
}


def test_every_models_metrics_are_told_by_role_and_name() -> None:
    told = tracked_run(lineage(), "SUCCEEDED", NOW).metrics
    assert told["challenger/mae"] == 18.9
    assert told["champion/mae"] == 19.7
    assert told["baseline/roc_auc"] == 0.5


def test_a_metric_that_is_no_number_is_left_out() -> None:
    evaluation = without_champion(challenger={"mae": math.nan, "roc_auc": 0.7})
    assert "challenger/mae" not in tracked_run(lineage(evaluation=evaluation), "SUCCEEDED", NOW).metrics


def test_a_run_is_told_with_its_data_code_causes_and_how_it_was_trained() -> None:
    told = tracked_run(replace(lineage(model_uri="s3://data/m.tar.gz"), record=RECORD), "SUCCEEDED", NOW)
    assert told.tags[RUN_ID] == RUN
    assert told.tags["evergreen.verdict"] == "PROMOTE"
    assert told.tags["evergreen.causes"] == "a.csv was dropped"
    assert told.tags["evergreen.model_package_arn"] == "arn:package"
    assert told.parameters["algorithm"] == "xgboost"
    assert told.parameters["eta"] == "0.05"
    assert told.parameters["train_rows"] == str(DATA.train_rows)
    assert told.data is not None
    assert told.data.source_uri.endswith("/run.json")
    assert told.model_uri == "s3://data/m.tar.gz"
    assert (told.ended_ms - told.started_ms) == 30 * 60 * 1000


def test_two_runs_with_the_same_features_have_different_data() -> None:
    one = tracked_run(lineage(), "SUCCEEDED", NOW).data
    other = tracked_run(lineage(run_id="next-purchase-00008-00000000"), "SUCCEEDED", NOW).data
    assert one is not None
    assert other is not None
    assert one.digest != other.digest
    assert max(len(one.digest), len(other.digest)) <= 36


@pytest.mark.parametrize(
    ("status", "shown"), [("SUCCEEDED", "FINISHED"), ("FAILED", "FAILED"), ("DATA_REJECTED", "KILLED")]
)
def test_a_run_is_shown_as_it_ended(status: str, shown: str) -> None:
    assert tracked_run(lineage(), status, NOW).status == shown


def test_a_run_that_ended_early_is_told_with_its_reason_and_has_no_model() -> None:
    early = lineage(evaluation=None, verdict=None, data=None, origin=None, model_uri="s3://data/m.tar.gz")
    told = tracked_run(replace(early, record={"error": "AlgorithmError: no rows"}), "FAILED", NOW)
    assert told.reason == "AlgorithmError: no rows"
    assert (told.metrics, told.data, told.model_uri) == ({}, None, None)
    assert told.tags["mlflow.note.content"] == told.reason


def test_nothing_is_longer_than_mlflow_takes() -> None:
    told = tracked_run(
        replace(lineage(hyperparameters={"notes": "x" * 9000}), record={"causes": ["y" * 9000]}), "SUCCEEDED", NOW
    )
    assert max(map(len, told.parameters.values())) <= 6000
    assert max(map(len, told.tags.values())) <= 8000


def test_telling_a_run_that_ended_again_tells_the_same() -> None:
    record = {**RECORD, "ended_at": "2026-03-02T08:10:00+00:00"}
    known = replace(lineage(evaluation=with_champion()), record=record)
    later = datetime(2026, 4, 1, tzinfo=UTC)
    assert tracked_run(known, "SUCCEEDED", NOW) == tracked_run(known, "SUCCEEDED", later)
