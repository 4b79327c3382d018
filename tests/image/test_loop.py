"""The whole loop with every job in the built image, as `evergreen up --jobs image` runs it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cdk_app.synth import synthesize
from evergreen.cli.demo import split
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud
from local.image.image import Image
from tests.e2e.conftest import DATASET, ROOT, Loop

pytestmark = pytest.mark.image


@pytest.fixture(scope="module")
def loop(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    folder, before = tmp_path_factory.mktemp("cloud"), dict(os.environ)
    synthesize(ROOT)
    with laptop_cloud(ROOT, folder / "state", folder / "cloud.log", jobs="image"):
        yield Loop(Deployment.find(), notices_queue="")
    os.environ.clear()
    os.environ.update(before)


def test_the_demo_makes_a_champion_and_judges_a_challenger_against_it(loop: Loop, tmp_path: Path) -> None:
    history, rest = split(ROOT / "datasets" / DATASET / "online_retail.csv.gz", tmp_path)
    first = loop.drop("history.csv", history.read_bytes())
    assert (first["status"], first["verdict"]["outcome"]) == ("SUCCEEDED", "FIRST"), first
    second = loop.drop("rest.csv", rest.read_bytes())
    assert (second["status"], second["verdict"]["outcome"]) == ("SUCCEEDED", "PROMOTE"), second
    published = loop.published()
    assert published is not None
    assert (published["generation"], published["rows"]) == (second["run_id"], 4338)


def test_a_job_that_fails_there_says_why_and_where(loop: Loop) -> None:
    client, name = boto3.client("sagemaker"), "without-rows"
    client.create_training_job(
        TrainingJobName=name,
        RoleArn=_role_of_a_job(loop),
        AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{loop.deployment.bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        EnableNetworkIsolation=True,
    )
    with pytest.raises(Exception, match="Failed"):
        client.get_waiter("training_job_completed_or_stopped").wait(
            TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    described = client.describe_training_job(TrainingJobName=name)
    assert "signature.json" in described["FailureReason"]
    assert "exit code: 1" in described["FailureReason"]
    logs = boto3.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    failed = json.loads(events[-1]["message"])
    assert "/opt/program/container/train/command.py" in failed["traceback"]


def _role_of_a_job(loop: Loop) -> str:
    jobs = boto3.client("sagemaker").list_training_jobs(MaxResults=1)["TrainingJobSummaries"]
    described = boto3.client("sagemaker").describe_training_job(TrainingJobName=jobs[0]["TrainingJobName"])
    return str(described["RoleArn"])
