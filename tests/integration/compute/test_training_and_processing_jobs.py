"""Training and processing jobs run the container's code between S3 and S3, and tell faithfully how it went."""

import io
import json
import os
import tarfile
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.compute.world import INSTANCE, World, unique, until


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name: file.read() for name, file in files.items() if file}


def processing_request(world: World, **changes: Any) -> dict[str, Any]:
    source = {"S3InputMode": "File", "LocalPath": "/opt/ml/processing/input", **changes}
    output = {"S3Uri": world.uri("out"), "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    specification = {
        "ImageUri": "image",
        "ContainerEntrypoint": ["python", "-m", "container"],
        "ContainerArguments": ["prepare", "--run", "runs/r1"],
    }
    return {
        "ProcessingJobName": unique("job"),
        "ProcessingResources": {"ClusterConfig": INSTANCE | {"VolumeSizeInGB": 1}},
        "AppSpecification": specification,
        "RoleArn": world.role,
        "ProcessingInputs": [{"InputName": "input", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "output", "S3Output": output}]},
    }


def test_a_training_job_turns_its_channel_into_a_model_archive(world: World) -> None:
    job = world.train(do="learn", factor="3")

    files = members(world.get(job["ModelArtifacts"]["S3ModelArtifacts"]))
    environment = json.loads(files["environment.json"])
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed"
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/models/{job['TrainingJobName']}/output/model.tar.gz")
    assert json.loads(files["model.json"]) == {"rows": 2, "factor": 3}
    assert environment["TRAINING_JOB_NAME"] == job["TrainingJobName"]
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == ["Downloading", "Training", "Uploading"]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]


def test_the_output_of_a_training_job_is_in_its_log(world: World) -> None:
    job = world.train(do="learn")

    logs, group = world.client("logs"), "/aws/sagemaker/TrainingJobs"
    prefix = f"{job['TrainingJobName']}/algo-1-"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["training with {'do': 'learn'}"]


def test_a_job_finds_the_packages_of_the_image_and_none_that_only_the_environment_has(world: World) -> None:
    held = world.train(do="import", module="numpy")
    strange = world.train(do="import", module="pandas")

    assert held["TrainingJobStatus"] == "Completed"
    assert strange["TrainingJobStatus"] == "Failed"


def test_an_isolated_training_job_has_no_credentials(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")
    request = world.training_request(do="learn") | {"EnableNetworkIsolation": True}
    world.client("sagemaker").create_training_job(**request)

    job = world.finished("Training", request["TrainingJobName"])

    environment = json.loads(members(world.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["environment.json"])
    assert not {name for name in environment if name.startswith("AWS_")} - {"AWS_REGION", "AWS_DEFAULT_REGION"}


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        ("fail", "AlgorithmError: the column 'price' is missing, exit code: 1"),
        ("die", "AlgorithmError: , exit code: 137"),
    ],
)
def test_a_failed_training_job_says_why(world: World, do: str, reason: str) -> None:
    job = world.train(do=do)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == reason


def test_missing_input_fails_the_job_with_the_address_in_the_reason(world: World) -> None:
    request = world.training_request(do="learn")
    world.client("sagemaker").create_training_job(**request)

    job = world.finished("Training", request["TrainingJobName"])

    assert job["TrainingJobStatus"] == "Failed"
    assert f"No S3 objects found under S3 URL '{world.uri('train/')}'" in job["FailureReason"]


def test_a_training_job_over_its_time_is_stopped(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")
    request = world.training_request(do="hang") | {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    world.client("sagemaker").create_training_job(**request)

    job = world.finished("Training", request["TrainingJobName"])

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_stopping_a_training_job_ends_its_process(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")
    request = world.training_request(do="hang")
    name = request["TrainingJobName"]
    world.client("sagemaker").create_training_job(**request)
    process = until(lambda: _process_of(name))

    world.client("sagemaker").stop_training_job(TrainingJobName=name)

    assert world.finished("Training", name)["TrainingJobStatus"] == "Stopped"
    assert not os.path.exists(f"/proc/{process}/environ") or _process_of(name) is None


def _process_of(job: str) -> int | None:
    """The process that has the job's name in its environment."""
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/environ", "rb") as environment:
                if entry.isdigit() and f"TRAINING_JOB_NAME={job}\0".encode() in environment.read():
                    return int(entry)
        except OSError:
            continue
    return None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TrainingJobName": "a" * 64}, "less than or equal to 63"),
        ({"TrainingJobName": "under_score"}, "regular expression pattern"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Please ensure that the role exists"),
        ({"ResourceConfig": INSTANCE | {"VolumeSizeInGB": 1, "InstanceCount": 2}}, "set InstanceCount to 1"),
    ],
)
def test_a_request_that_aws_refuses_is_refused(world: World, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        world.client("sagemaker").create_training_job(**world.training_request(do="learn") | change)


def test_a_name_is_used_once(world: World) -> None:
    job = world.train(do="learn")
    request = world.training_request(do="learn") | {"TrainingJobName": job["TrainingJobName"]}

    with pytest.raises(ClientError) as refused:
        world.client("sagemaker").create_training_job(**request)

    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_jobs_are_listed_by_status(world: World) -> None:
    good, bad = world.train(do="learn"), world.train(do="fail")

    listed = world.client("sagemaker").list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]

    names = [job["TrainingJobName"] for job in listed]
    assert bad["TrainingJobName"] == names[0]
    assert good["TrainingJobName"] not in names


def test_a_processing_job_reads_a_manifest_and_writes_its_outputs(world: World) -> None:
    world.put("run/a.txt", "a")
    world.put("run/deep/b.txt", "b")
    world.put("run/unnamed.txt", "c")
    manifest = world.put("inputs.manifest", json.dumps([{"prefix": world.uri("run/")}, "a.txt", "deep/b.txt"]))
    request = processing_request(world, S3Uri=manifest, S3DataType="ManifestFile")
    world.client("sagemaker").create_processing_job(**request)

    job = world.finished("Processing", request["ProcessingJobName"])

    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ExitMessage"] == "read the input"
    assert json.loads(world.get(world.uri("out/report.json"))) == {
        "arguments": ["prepare", "--run", "runs/r1"],
        "found": ["a.txt", "deep/b.txt"],
    }


def test_a_failed_processing_job_uploads_nothing(world: World) -> None:
    world.put("run/a.txt", "a")
    request = processing_request(world, S3Uri=world.uri("run/"), S3DataType="S3Prefix")
    request["AppSpecification"]["ContainerArguments"] = ["unknown"]
    world.client("sagemaker").create_processing_job(**request)

    job = world.finished("Processing", request["ProcessingJobName"])

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert "Contents" not in world.client("s3").list_objects_v2(Bucket=world.bucket, Prefix="out")


def test_a_job_costs_little_beyond_its_own_work(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")
    request = world.training_request(do="learn")
    before = time.monotonic()
    world.client("sagemaker").create_training_job(**request)
    world.finished("Training", request["TrainingJobName"])

    assert time.monotonic() - before < 1.5
