"""What a run leaves in SageMaker's model registry and in MLflow, on the laptop as on AWS. In order."""

import gzip
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from evergreen.layout import RunLayout
from tests.e2e.conftest import DATASET, ROOT, Loop

SAMPLE = gzip.decompress((ROOT / "datasets" / DATASET / "sample.csv.gz").read_bytes())
HEADER, *ROWS = SAMPLE.decode().splitlines()


def mlflow_address(loop: Loop) -> str:
    arn = loop.deployment.mlflow_app
    return str(boto3.client("sagemaker").create_presigned_mlflow_app_url(Arn=arn)["AuthorizedUrl"])


def ask(loop: Loop, path: str, **body: Any) -> Any:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(mlflow_address(loop) + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def runs_in_mlflow(loop: Loop) -> dict[str, dict[str, Any]]:
    found = json.loads(ask(loop, f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={DATASET}"))
    experiment = found["experiment"]["experiment_id"]
    runs = json.loads(ask(loop, "/api/2.0/mlflow/runs/search", experiment_ids=[experiment]))["runs"]
    return {run["info"]["run_name"]: run for run in runs}


def champion_in_mlflow(loop: Loop) -> dict[str, Any]:
    version = json.loads(ask(loop, f"/api/2.0/mlflow/registered-models/alias?name={DATASET}&alias=champion"))
    found: dict[str, Any] = version["model_version"]
    return found


def packages() -> list[dict[str, Any]]:
    sagemaker = boto3.client("sagemaker")
    listed = sagemaker.list_model_packages(ModelPackageGroupName="Evergreen-next-purchase")["ModelPackageSummaryList"]
    return [dict(sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"])) for each in listed]


def test_a_first_champion_is_registered_approved_and_tracked_with_its_documents(loop: Loop) -> None:
    run = loop.drop("sample.csv", SAMPLE)
    assert run["status"] == "SUCCEEDED", run
    (package,) = packages()
    assert package["ModelPackageArn"] == run["model_package_arn"]
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["CustomerMetadataProperties"]["run_id"] == run["run_id"]
    tracked = runs_in_mlflow(loop)[run["run_id"]]
    assert tracked["info"]["status"] == "FINISHED"
    metrics = {each["key"]: each["value"] for each in tracked["data"]["metrics"]}
    assert metrics["challenger/mae"] == run["evaluation"]["challenger"]["mae"]
    version = champion_in_mlflow(loop)
    assert version["run_id"] == tracked["info"]["run_id"]
    model = RunLayout(DATASET, run["run_id"]).models
    assert version["source"].startswith(f"s3://{loop.deployment.bucket}/{model}/")
    number = tracked["info"]["run_id"]
    page = ask(loop, f"/get-artifact?path=data/report.html&run_uuid={number}")
    assert b"<html" in page
    assert loop.deployment.outbox.open(DATASET) == []


def test_what_mlflow_writes_to_the_bucket_starts_no_run(loop: Loop) -> None:
    assert loop.keys("mlflow/")
    assert len(loop.deployment.runs.of(DATASET)) == 1


def test_a_challenger_that_was_not_promoted_is_registered_as_rejected(loop: Loop) -> None:
    champion = champion_in_mlflow(loop)
    run = loop.drop("sample.csv", SAMPLE)
    assert not run["verdict"]["promote"]
    assert [each["ModelApprovalStatus"] for each in packages()] == ["Approved", "Rejected"]
    assert run["run_id"] in runs_in_mlflow(loop)
    assert champion_in_mlflow(loop)["version"] == champion["version"]


def test_rejected_data_is_tracked_by_the_next_telling_and_the_command_says_where_to_look(loop: Loop) -> None:
    run = loop.drop("empty.csv", f"{HEADER}\n".encode())
    assert run["status"] == "DATA_REJECTED"
    assert [each.run_id for each in loop.deployment.outbox.open(DATASET)] == [run["run_id"]]
    command = [Path(sys.executable).with_name("evergreen"), "mlflow"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert said.stdout.strip() == mlflow_address(loop)
    tracked = runs_in_mlflow(loop)[run["run_id"]]
    tags = {each["key"]: each["value"] for each in tracked["data"]["tags"]}
    assert tags["evergreen.status"] == "DATA_REJECTED"
    assert "no rows" in tags["mlflow.note.content"]
    assert loop.deployment.outbox.open(DATASET) == []
