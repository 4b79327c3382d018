"""TrackRun when a follower is away, slow or overtaken: what is told later is told as it is then."""

import socket
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from evergreen.stores.model_packages import PATIENCE
from evergreen.stores.outbox import Follower
from tests.integration.functions.registries import (
    Function,
    champion_in,
    crown,
    end,
    fail,
    judged_run,
    packages,
    promote,
    standing,
    whole_run,
)
from tests.integration.functions.world import DATASET, World

pytestmark = pytest.mark.usefixtures("model_registry")


def test_while_sagemaker_answers_nothing_at_all_a_run_is_registered_and_approved_later(
    world: World, function: Function, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evergreen.errors import StoreUnavailable
    from evergreen.stores.model_packages import ModelPackages
    from evergreen.stores.training_jobs import TrainingJobs

    def unavailable(*_: object) -> None:
        raise StoreUnavailable("SageMaker: 503")

    run = judged_run(world)
    promote(world, run)
    with monkeypatch.context() as during:
        for of, call in ((ModelPackages, "register"), (ModelPackages, "standing"), (TrainingJobs, "hyperparameters")):
            during.setattr(of, call, unavailable)
        with pytest.raises(StoreUnavailable):
            function("register_challenger")(run)
        behind = function("track_run")(run)["behind"]
    assert all("SageMaker's model registry" in each for each in behind)
    assert champion_in(mlflow) == run["run_id"], "MLflow was there"
    end(world, run)
    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    assert standing() == {run["run_id"]: "Approved"}


def test_a_judged_run_whose_model_nobody_can_place_is_not_taken_for_registered(
    world: World, function: Function
) -> None:
    run = judged_run(world)
    world.runs.note(run["run_id"], verdict={"outcome": "KEEP", "promote": False})
    world.outbox.add_run(DATASET, run["run_id"], datetime.now(UTC), follower=Follower.SAGEMAKER)
    (said,) = function("track_run")({"dataset": DATASET})["behind"]
    assert "does not have the model" in said
    assert len(world.outbox.open(DATASET)) == 1


def test_a_slow_telling_does_not_undo_what_a_faster_one_told_of_a_later_rollback(
    world: World, function: Function, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.track_run.tracking import Tracking

    first, _ = whole_run(world, function)
    second, _ = whole_run(world, function)
    slow, told = function("track_run"), Tracking.crown

    def overtaken(self: Any, model: str, run_id: str) -> None:
        monkeypatch.setattr(Tracking, "crown", told)
        crown(world, first)
        assert function("track_run")({"dataset": DATASET}) == {"behind": []}
        told(self, model, run_id)

    monkeypatch.setattr(Tracking, "crown", overtaken)
    assert slow({"dataset": DATASET}) == {"behind": []}
    assert world.outbox.open(DATASET) == []
    assert champion_in(mlflow) == first["run_id"]
    assert standing() == {first["run_id"]: "Approved", second["run_id"]: "Rejected"}


def test_of_a_run_that_failed_no_package_waits_for_approval_or_seems_approved(world: World, function: Function) -> None:
    waiting = judged_run(world)
    function("register_challenger")(waiting)
    arn = packages()[waiting["run_id"]]["ModelPackageArn"]
    boto3.client("sagemaker").update_model_package(ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval")
    fail(function, waiting)
    world.leases.release(DATASET, waiting["run_id"])
    assert {(each.follower, each.run_id) for each in world.outbox.open(DATASET)} == {
        (each, waiting["run_id"]) for each in Follower
    }
    assert function("track_run")({"dataset": DATASET}) == {"behind": []}
    assert standing() == {waiting["run_id"]: "Rejected"}
    assert world.outbox.open(DATASET) == []


def test_a_sagemaker_that_never_answers_leaves_time_to_tell_mlflow(
    world: World, function: Function, mlflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judged_run(world)
    promote(world, run)
    attempts = PATIENCE.retries["total_max_attempts"]
    assert 4 * PATIENCE.read_timeout * attempts <= 200, "seconds of the function's 300"
    monkeypatch.setattr("functions.track_run.following.PATIENCE", PATIENCE.merge(Config(read_timeout=0.2)))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls, and says nothing
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", f"http://127.0.0.1:{silent.getsockname()[1]}")
        behind = function("track_run")(run)["behind"]
    assert all("SageMaker's model registry" in each for each in behind)
    assert champion_in(mlflow) == run["run_id"]
