import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.cloud.assemblies import write_assembly
from tests.integration.cloud.conftest import Up

ITEM = {
    "pk": {"S": "DATASET#a"},
    "sk": {"S": "CHAMPION"},
    "nested": {"M": {"list": {"L": [{"N": "1.5"}, {"BOOL": True}, {"NULL": True}]}}},
    "names": {"SS": ["a", "b"]},
    "bytes": {"B": b"\x00\xff"},
}


ATTRIBUTES = {
    "text": {"DataType": "String", "StringValue": "ä"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
}


def wait_for(what: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Every message of a queue."""
    found: list[dict[str, Any]] = []
    asked = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while messages := sqs.receive_message(**asked).get("Messages"):
        found += messages
    return found


def test_what_was_published_survives_sigkill_and_is_no_news(up: Up, tmp_path: Path) -> None:
    state = tmp_path / "state"
    options = ("--assembly", str(write_assembly(tmp_path / "app", "Small", "hello")), "--state-dir", str(state))
    first = up(*options)
    names = first.outputs["Small"]
    s3, bucket = first.client("s3"), names["Bucket"]
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="incoming/ä b.csv", Body=body, ContentType="text/csv", Metadata={"k": "v"})
    s3.put_object(Bucket=bucket, Key="gone", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="gone")
    first.client("dynamodb").put_item(TableName=names["Table"], Item=ITEM)
    versions = s3.list_object_versions(Bucket=bucket)
    first.client("sagemaker").create_model_package_group(ModelPackageGroupName="Models")
    sqs, queue = first.client("sqs"), names["Queue"]
    sqs.send_message(QueueUrl=queue, MessageBody="waits", MessageAttributes=ATTRIBUTES)
    image = {"Containers": [{"Image": "i", "ModelDataUrl": f"s3://{bucket}/m"}]}
    package = first.client("sagemaker").create_model_package(
        ModelPackageGroupName="Models", InferenceSpecification=image, ModelApprovalStatus="Rejected"
    )["ModelPackageArn"]
    wait_for(lambda: (state / "state.json").exists() and package in (state / "state.json").read_text())
    first.end(signal.SIGKILL)

    second = up(*options)
    assert second.outputs["Small"] | {"Queue": ""} == names | {"Queue": ""}
    s3 = second.client("s3")
    again = s3.list_object_versions(Bucket=bucket)
    for kind in ("Versions", "DeleteMarkers"):
        assert [(v["Key"], v["VersionId"], v["IsLatest"]) for v in again[kind]] == [
            (v["Key"], v["VersionId"], v["IsLatest"]) for v in versions[kind]
        ]
    answer = s3.get_object(Bucket=bucket, Key="incoming/ä b.csv")
    assert (answer["Body"].read(), answer["ContentType"], answer["Metadata"]) == (b"two", "text/csv", {"k": "v"})
    (oldest,) = [v for v in versions["Versions"] if v["Key"].startswith("incoming/") and not v["IsLatest"]]
    assert s3.get_object(Bucket=bucket, Key=oldest["Key"], VersionId=oldest["VersionId"])["Body"].read() == b"one"
    (item,) = second.client("dynamodb").scan(TableName=names["Table"])["Items"]
    assert item == ITEM
    described = second.client("sagemaker").describe_model_package(ModelPackageName=package)
    assert (described["ModelApprovalStatus"], described["InferenceSpecification"]) == ("Rejected", image)
    messages = received(second.client("sqs"), second.outputs["Small"]["Queue"])
    assert [each["MessageAttributes"] for each in messages if each["Body"] == "waits"] == [ATTRIBUTES]
    events = [json.loads(each["Body"]) for each in messages if each["Body"] != "waits"]
    created = [each["detail"]["object"]["version-id"] for each in events if each["detail-type"] == "Object Created"]
    assert len(set(created)) == len(created) == 3, "each drop is told of once, and what is restored is no news"
    s3.delete_object(Bucket=bucket, Key=oldest["Key"], VersionId=oldest["VersionId"])
    second.end(signal.SIGTERM)

    saved = json.loads((state / "state.json").read_text())["buckets"][bucket]["keys"]
    left = [version for key in saved.values() for version in key if "blob" in version]
    assert len(left) == len(versions["Versions"]) - 1, "the end of the second cloud was saved too"
    blobs = len(list((state / "blobs").iterdir()))
    assert blobs == len(left) + 1, "contents that nothing refers to are removed; the one more is the table"
