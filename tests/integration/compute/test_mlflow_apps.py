"""The laptop cloud's MLflow App is a real MLflow server; it is started once here, for that takes seconds."""

import json
import sqlite3
import urllib.request
from collections.abc import Iterator
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.integration.compute.world import World, unique, until

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
