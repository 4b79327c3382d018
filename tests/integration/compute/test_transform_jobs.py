"""Transform jobs keep every id beside its prediction, in order, however the input is cut into payloads."""

import io
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.jobs.data_processing import DataProcessing
from tests.integration.compute.world import INSTANCE, World, unique

LINES = 30_000
IDS_AND_PREDICTIONS = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}


def model(world: World, **environment: str) -> str:
    artifacts = world.train(do="learn", factor="2")["ModelArtifacts"]["S3ModelArtifacts"]
    name = unique("model")
    container = {"Image": "image", "ModelDataUrl": artifacts, "Environment": environment}
    world.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=world.role, PrimaryContainer=container)
    return name


def request(world: World, model_name: str, **changes: Any) -> dict[str, Any]:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": world.uri("scoring/")}}
    return {
        "TransformJobName": unique("job"),
        "ModelName": model_name,
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": world.uri("scored"), "AssembleWith": "Line", "Accept": "text/csv"},
        "TransformResources": INSTANCE,
        **changes,
    }


def transform(world: World, wanted: dict[str, Any]) -> dict[str, Any]:
    world.client("sagemaker").create_transform_job(**wanted)
    return world.finished("Transform", wanted["TransformJobName"])


def test_ids_stay_beside_their_predictions_in_order_over_several_payloads(world: World) -> None:
    rows = [f'"id, {number}",{number},{"x" * 100}' for number in range(LINES)]
    world.put("scoring/part-00000.csv", "\n".join(rows) + "\n")
    world.put("scoring/deep/part-00001.csv", '"last",7,x')

    job = transform(world, request(world, model(world), DataProcessing=IDS_AND_PREDICTIONS))

    assert job["TransformJobStatus"] == "Completed", job
    scored = world.get(world.uri("scored/part-00000.csv.out")).decode().splitlines()
    assert len(scored) == LINES
    assert scored == [f'"id, {number}",{2 * number}' for number in range(LINES)]
    assert world.get(world.uri("scored/deep/part-00001.csv.out")) == b"last,14\n"


def test_a_single_record_strategy_sends_one_line_at_a_time(world: World) -> None:
    world.put("scoring/rows.csv", "4\n5\n6\n")

    job = transform(world, request(world, model(world), BatchStrategy="SingleRecord"))

    assert job["TransformJobStatus"] == "Completed"
    assert world.get(world.uri("scored/rows.csv.out")) == b"8\n10\n12\n"


def test_a_busy_server_is_asked_again(world: World) -> None:
    world.put("scoring/rows.csv", "4\n5\n")

    job = transform(world, request(world, model(world, ONCE_BUSY="yes")))

    assert job["TransformJobStatus"] == "Completed"
    assert world.get(world.uri("scored/rows.csv.out")) == b"8\n10\n"


def test_a_missing_output_line_fails_the_job(world: World) -> None:
    world.put("scoring/rows.csv", "4\n5\n")

    job = transform(world, request(world, model(world, DROP_LINE="yes")))

    assert job["TransformJobStatus"] == "Failed"
    assert "answered 1 lines to 2" in job["FailureReason"]


def test_a_line_larger_than_a_payload_fails_the_job_by_its_number(world: World) -> None:
    world.put("scoring/rows.csv", "4\n5," + "x" * 2**20 + "\n")

    job = transform(world, request(world, model(world), MaxPayloadInMB=1))

    assert job["TransformJobStatus"] == "Failed"
    assert "rows.csv, line 2" in job["FailureReason"]


def test_a_server_that_cannot_start_fails_the_job_with_its_last_words(world: World) -> None:
    world.put("scoring/rows.csv", "4\n")
    name = unique("model")
    world.client("s3").put_object(Bucket=world.bucket, Key="empty.tar.gz", Body=_empty_archive())
    world.client("sagemaker").create_model(
        ModelName=name,
        ExecutionRoleArn=world.role,
        PrimaryContainer={"Image": "image", "ModelDataUrl": world.uri("empty.tar.gz")},
    )

    job = transform(world, request(world, name))

    assert job["TransformJobStatus"] == "Failed"
    assert "model.json" in job["FailureReason"]


def _empty_archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz"):
        pass
    return content.getvalue()


def test_a_model_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match='Could not find model "nothing"'):
        world.client("sagemaker").create_transform_job(**request(world, "nothing"))


def test_more_than_a_hundred_megabytes_on_their_way_are_refused(world: World) -> None:
    with pytest.raises(ClientError, match="less than or equal to 100"):
        world.client("sagemaker").create_transform_job(
            **request(world, model(world), MaxConcurrentTransforms=20, MaxPayloadInMB=6)
        )


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("$", "a,b,c,d"),
        ("$[1:]", "b,c,d"),
        ("$[:-1]", "a,b,c"),
        ("$[0,-1]", "a,d"),
        ("$[0, -2, -1]", "a,c,d"),
    ],
)
def test_a_filter_keeps_the_columns_that_it_names(path: str, kept: str) -> None:
    processing = DataProcessing.of({"InputFilter": path})

    assert processing.body([b"a,b,c,d\n"]) == f"{kept}\n".encode()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"DataProcessing": {"OutputFilter": "$.score"}}, "is not supported; use"),
        ({"DataProcessing": IDS_AND_PREDICTIONS, "TransformOutput": {"S3OutputPath": "s3://b/k"}}, "AssembleWith Line"),
    ],
)
def test_what_the_laptop_cannot_filter_is_refused(world: World, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        world.client("sagemaker").create_transform_job(**request(world, model(world), **settings))


def test_a_model_name_is_used_once(world: World) -> None:
    name = model(world)

    with pytest.raises(ClientError, match="Cannot create already existing model"):
        world.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=world.role)
