"""TrackRun against a real MLflow, in a database of its own, and SageMaker's model registry."""

import sys
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from evergreen.stores.endings import Status
from evergreen.stores.outbox import Follower
from evergreen.verdict import Outcome
from tests.integration.functions.registries import (
    Function,
    champion_in,
    crown,
    fail,
    judged_run,
    packages,
    promote,
    runs_in,
    standing,
    whole_run,
)
from tests.integration.functions.world import DATASET, World

pytestmark = pytest.mark.usefixtures("model_registry")


def test_a_run_is_recorded_with_metrics_data_tags_and_documents(world: World, function: Function, mlflow: Any) -> None:
    run, behind = whole_run(world, function)
    assert behind == []
    recorded = runs_in(mlflow)[run["run_id"]]
    assert recorded.info.status == "FINISHED"
    assert recorded.data.metrics["challenger/mae"] == 18.9
    assert recorded.data.params["algorithm"] == "xgboost"
    assert recorded.data.tags["evergreen.git_commit"] == "0123abcd"
    assert recorded.data.tags["evergreen.model_package_arn"] == packages()[run["run_id"]]["ModelPackageArn"]
    (data,) = recorded.inputs.dataset_inputs
    assert data.dataset.source.endswith('/run.json"}')
    number = recorded.info.run_id
    shown = {each.path for folder in (None, "data", "plots") for each in mlflow.list_artifacts(number, folder)}
    assert {"report.html", "evaluation.json", "data/report.json", "plots/roc.svg"} <= shown
    version = mlflow.get_model_version_by_alias(DATASET, "champion")
    assert (version.source, version.run_id) == (run["model_uri"], number)


def test_telling_twice_is_telling_once(world: World, function: Function, mlflow: Any) -> None:
    run, _ = whole_run(world, function)
    before = runs_in(mlflow)[run["run_id"]]
    world.outbox.add_run(DATASET, run["run_id"], datetime.now(UTC), again=True)
    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    after = runs_in(mlflow)[run["run_id"]]
    assert after.info.run_id == before.info.run_id
    assert after.data.params == before.data.params
    assert len(mlflow.get_metric_history(after.info.run_id, "challenger/mae")) == 1
    assert len(after.inputs.dataset_inputs) == 1
    assert len(mlflow.search_model_versions(f"name = '{DATASET}'")) == 1


def test_the_alias_and_the_approval_move_with_a_promotion_and_back_with_a_rollback(
    world: World, function: Function, mlflow: Any
) -> None:
    first, _ = whole_run(world, function)
    second, _ = whole_run(world, function)
    assert champion_in(mlflow) == second["run_id"]
    assert standing() == {first["run_id"]: "Rejected", second["run_id"]: "Approved"}
    assert second["run_id"] in packages()[first["run_id"]]["ApprovalDescription"]
    crown(world, first)
    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    assert champion_in(mlflow) == first["run_id"]
    assert standing() == {first["run_id"]: "Approved", second["run_id"]: "Rejected"}
    assert "rolled back" in packages()[second["run_id"]]["ApprovalDescription"]
    assert "wrong prices" in packages()[second["run_id"]]["ApprovalDescription"]
    assert world.outbox.open(DATASET) == []


def test_a_champion_that_was_kept_keeps_its_alias_and_its_approval(
    world: World, function: Function, mlflow: Any
) -> None:
    first, _ = whole_run(world, function)
    second, behind = whole_run(world, function, Outcome.KEEP)
    assert behind == []
    assert champion_in(mlflow) == first["run_id"]
    assert standing() == {first["run_id"]: "Approved", second["run_id"]: "Rejected"}
    assert len(mlflow.search_model_versions(f"name = '{DATASET}'")) == 2


def test_a_challenger_that_nobody_approved_waits_no_longer(world: World, function: Function, mlflow: Any) -> None:
    run = judged_run(world)
    function("register_challenger")(run)
    arn = packages()[run["run_id"]]["ModelPackageArn"]
    boto3.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval")
    no = {"approved": False, "reason": "not before the sale", "by": "arn:ann", "at": datetime.now(UTC).isoformat()}
    asked = {"token": "t", "asked_at": no["at"], "expires_at": 2_000_000_000, "hours": 1}
    world.runs.note(run["run_id"], approval=asked, decision=no)
    function("track_run")({"dataset": DATASET})
    assert standing() == {run["run_id"]: "PendingManualApproval"}, "a command must not decide for a run that waits"
    function("track_run")(run)
    assert standing() == {run["run_id"]: "Rejected"}
    assert "Rejected by arn:ann: not before the sale" in packages()[run["run_id"]]["ApprovalDescription"]
    recorded = runs_in(mlflow)[run["run_id"]]
    (version,) = mlflow.search_model_versions(f"name = '{DATASET}'")
    assert version.tags["evergreen.approval"] == recorded.data.tags["evergreen.approval"] == "rejected"
    assert "Rejected by arn:ann: not before the sale" in recorded.data.tags["mlflow.note.content"]


def test_the_package_of_a_run_that_was_stopped_while_it_waited_waits_no_longer(
    world: World, function: Function, mlflow: Any
) -> None:
    run = judged_run(world)
    function("register_challenger")(run)
    arn = packages()[run["run_id"]]["ModelPackageArn"]
    boto3.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval")
    fail(function, run)
    function("track_run")({"dataset": DATASET})
    assert standing() == {run["run_id"]: "Rejected"}
    assert "broken" in packages()[run["run_id"]]["ApprovalDescription"]


def test_while_mlflow_is_away_a_run_goes_on_and_is_recorded_later(
    world: World, function: Function, away: None, mlflow_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, behind = whole_run(world, function)
    assert [each for each in behind if each.startswith("MLflow could not be reached")] == behind != []
    assert standing() == {run["run_id"]: "Approved"}, "SageMaker was there"
    waiting = world.outbox.open(DATASET)
    assert {(each.follower, each.what) for each in waiting} == {(Follower.MLFLOW, "RUN"), (Follower.MLFLOW, "CHAMPION")}
    assert all("MLflow could not be reached" in (each.error or "") for each in waiting)
    monkeypatch.setenv("MLFLOW_APP_ARN", mlflow_uri)
    from mlflow.tracking import MlflowClient

    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    mlflow = MlflowClient(tracking_uri=mlflow_uri, registry_uri=mlflow_uri)
    assert set(runs_in(mlflow)) == {run["run_id"]}
    assert champion_in(mlflow) == run["run_id"]
    assert world.outbox.open(DATASET) == []


def test_while_the_registry_is_away_a_run_is_registered_and_approved_later(
    world: World, function: Function, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evergreen.errors import StoreUnavailable
    from evergreen.stores.model_packages import ModelPackages

    def unavailable(*_: object) -> None:
        raise StoreUnavailable("SageMaker: 503")

    run = judged_run(world)
    promote(world, run)
    with monkeypatch.context() as during:
        during.setattr(ModelPackages, "register", unavailable)
        (said,) = function("track_run")(run)["behind"]
    assert said.startswith("SageMaker's model registry does not have the model of")
    assert "503" in said
    assert {(each.follower, each.what) for each in world.outbox.open(DATASET)} == {(Follower.SAGEMAKER, "RUN")}
    assert champion_in(mlflow) == run["run_id"], "MLflow was there"
    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    assert standing() == {run["run_id"]: "Approved"}


def test_a_champion_of_before_mlflow_is_recorded_when_it_is_asked_for(
    world: World, function: Function, mlflow_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, behind = whole_run(world, function)
    assert behind == []
    assert world.outbox.open(DATASET) == [], "without MLflow there is nobody to tell"
    monkeypatch.setenv("MLFLOW_APP_ARN", mlflow_uri)
    from mlflow.tracking import MlflowClient

    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    assert champion_in(MlflowClient(tracking_uri=mlflow_uri, registry_uri=mlflow_uri)) == run["run_id"]


def test_without_mlflow_its_client_is_not_even_imported(
    world: World, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each == "functions.track_run.tracking"]:
        monkeypatch.delitem(sys.modules, name)
    run, behind = whole_run(world, function)
    assert behind == []
    assert "functions.track_run.tracking" not in sys.modules
    assert standing() == {run["run_id"]: "Approved"}


def test_a_run_that_failed_is_recorded_by_the_next_one_with_its_reason(
    world: World, function: Function, mlflow: Any
) -> None:
    failed = judged_run(world)
    fail(function, failed)
    world.leases.release(DATASET, failed["run_id"])
    whole_run(world, function)
    recorded = runs_in(mlflow)[failed["run_id"]]
    assert recorded.info.status == "FAILED"
    assert recorded.data.tags["evergreen.status"] == Status.FAILED
    assert "broken" in recorded.data.tags["mlflow.note.content"]


def test_a_run_that_failed_after_it_was_recorded_is_shown_as_failed(
    world: World, function: Function, mlflow: Any
) -> None:
    run = judged_run(world)
    function("track_run")(run)
    assert runs_in(mlflow)[run["run_id"]].info.status == "FINISHED"
    fail(function, run)
    function("track_run")({"dataset": DATASET})
    assert runs_in(mlflow)[run["run_id"]].info.status == "FAILED"


def test_a_run_that_is_not_over_is_left_for_later(world: World, function: Function, mlflow: Any) -> None:
    run = judged_run(world)
    world.outbox.add_run(DATASET, run["run_id"], datetime.now(UTC))
    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    assert runs_in(mlflow) == {}
    assert len(world.outbox.open(DATASET)) == 1
