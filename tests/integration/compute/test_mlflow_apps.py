"""The laptop cloud's MLflow App is a real MLflow server; it is started once here, for that takes seconds."""

import json
import sqlite3
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
import requests
from botocore.exceptions import ClientError

from cdk_app.components.mlflow import CALLS
from evergreen.tracked_run import RUN_ID, TrackedData, TrackedRun
from local.cloud import Cloud
from tests.integration.compute.world import World, unique, until

# By the path of MLflow's REST API: https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-create-tracking-server-iam.html
ACTIONS = {
    "experiments/create": "CreateExperiment",
    "experiments/get-by-name": "GetExperimentByName",
    "experiments/restore": "RestoreExperiment",
    "experiments/search": "SearchExperiments",
    "model-versions/create": "CreateModelVersion",
    "model-versions/search": "SearchModelVersions",
    "registered-models/alias": "SetRegisteredModelAlias",
    "registered-models/create": "CreateRegisteredModel",
    "registered-models/get": "GetRegisteredModel",
    "registered-models/search": "SearchRegisteredModels",
    "runs/create": "CreateRun",
    "runs/get": "GetRun",
    "runs/log-batch": "LogBatch",
    "runs/log-inputs": "LogInputs",
    "runs/search": "SearchRuns",
    "runs/update": "UpdateRun",
}
APP = {"Name": "evergreen", "RoleArn": "arn:aws:iam::123456789012:role/evergreen-mlflow"}


@pytest.fixture(scope="module")
def app(cloud: Cloud) -> Iterator[dict[str, Any]]:
    sagemaker, bucket = cloud.client("sagemaker"), unique("artifacts")
    cloud.client("s3").create_bucket(Bucket=bucket)
    arn = sagemaker.create_mlflow_app(**APP, ArtifactStoreUri=f"s3://{bucket}/mlflow")["Arn"]
    yield {"arn": arn, "url": sagemaker.create_presigned_mlflow_app_url(Arn=arn)["AuthorizedUrl"], "bucket": bucket}
    if sagemaker.list_mlflow_apps()["Summaries"]:
        sagemaker.delete_mlflow_app(Arn=arn)


def ask(app: dict[str, Any], path: str, **body: Any) -> Any:
    request = urllib.request.Request(
        app["url"] + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def test_who_calls_before_the_server_is_ready_waits_and_is_answered(app: dict[str, Any]) -> None:
    assert ask(app, "/health") == b"OK"


def test_its_page_and_its_api_are_served(app: dict[str, Any]) -> None:
    assert b"<title>MLflow</title>" in ask(app, "/")
    made = json.loads(ask(app, "/api/2.0/mlflow/experiments/create", name="next_purchase"))
    found = json.loads(ask(app, f"/api/2.0/mlflow/experiments/get?experiment_id={made['experiment_id']}"))
    assert found["experiment"]["artifact_location"].startswith(f"s3://{app['bucket']}/mlflow/")


def test_it_is_described_and_listed_as_aws_does(world: World, app: dict[str, Any]) -> None:
    described = world.client("sagemaker").describe_mlflow_app(Arn=app["arn"])
    assert (described["Name"], described["Status"]) == ("evergreen", "Created")
    assert [each["Arn"] for each in world.client("sagemaker").list_mlflow_apps()["Summaries"]] == [app["arn"]]


def test_functions_are_told_where_it_is(world: World, app: dict[str, Any]) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ['SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT']\n"
    assert world.invoke(world.function(source)) == (app["url"], None)


@pytest.fixture
def called(world: World, app: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What MLflow's client asks of the App from now on, as IAM names it."""
    environment = {
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": app["url"],
        "AWS_ENDPOINT_URL": world.cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": world.cloud.region,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    asked: set[str] = set()
    send = requests.Session.send

    def record(session: Any, request: Any, **options: Any) -> Any:
        assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256"), "signed, as the App demands"
        assert request.headers["x-sm-mlflow-app-arn"] == app["arn"]
        asked.add(f"sagemaker-mlflow:{ACTIONS[request.url.partition('/mlflow/')[2].partition('?')[0]]}")
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", record)
    return asked


def test_track_run_may_call_what_it_calls_and_nothing_else(
    app: dict[str, Any], called: set[str], tmp_path: Path
) -> None:
    from functions.track_run.tracking import Tracking

    page = tmp_path / "report.html"
    page.write_text("<h1>Report</h1>")
    data = TrackedData("machines", "0", "s3://data/run.json", 3)
    run = TrackedRun(
        experiment="machines",
        run_id="machines-00001-3f2a9c81",
        started_ms=1,
        ended_ms=2,
        status="FINISHED",
        parameters={"eta": "0.1"},
        metrics={"challenger/mae": 1.0},
        tags={RUN_ID: "machines-00001-3f2a9c81"},
        data=data,
        model_uri=f"s3://{app['bucket']}/model.tar.gz",
        reason="better",
    )
    tracking = Tracking(app["arn"])
    tracking.check()
    tracking.record(run, {"": [page]})
    tracking.crown("machines", run.run_id)
    found = json.loads(ask(app, "/api/2.0/mlflow/experiments/get-by-name?experiment_name=machines"))
    ask(app, "/api/2.0/mlflow/experiments/delete", experiment_id=found["experiment"]["experiment_id"])
    tracking.record(run, {"": [page]})
    assert called == set(CALLS) - {"sagemaker:CallMlflowAppApi"}


def test_it_is_one_process_that_leaves_the_processor_to_others(world: World, app: dict[str, Any]) -> None:
    (server,) = servers()
    assert server.nice() >= 10
    assert server.memory_info().rss < 600 * 2**20


def test_a_second_one_is_refused_by_name(world: World, app: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="takes one MLflow App"):
        world.client("sagemaker").create_mlflow_app(**APP, ArtifactStoreUri="s3://b/mlflow")


def test_when_it_is_deleted_its_process_ends_and_its_records_stay(world: World, app: dict[str, Any]) -> None:
    ask(app, "/health")
    world.client("sagemaker").delete_mlflow_app(Arn=app["arn"])
    until(lambda: not servers())
    with sqlite3.connect(world.cloud.work_dir / "mlflow.db") as database:
        assert ("next_purchase",) in database.execute("select name from experiments").fetchall()
    with pytest.raises(ClientError, match="does not exist"):
        world.client("sagemaker").describe_mlflow_app(Arn=app["arn"])


def servers() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if "program.py" in " ".join(_command(each))]


def _command(process: psutil.Process) -> list[str]:
    try:
        found: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return found
