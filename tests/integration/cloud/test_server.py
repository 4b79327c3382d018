import http.client
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud, start


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns so often that a race shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_one_connection_serves_many_requests(cloud: Cloud) -> None:
    connection = http.client.HTTPConnection(cloud.endpoint_url.removeprefix("http://"))
    connection.connect()
    socket = connection.sock
    for _ in range(3):
        connection.request("GET", "/", headers={"Authorization": "x Credential=test/20260101/us-east-1/s3/a, b"})
        assert connection.getresponse().read().startswith(b"<?xml")
    assert connection.sock is socket


def test_head_states_the_length_of_what_it_does_not_send(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="lengths")
    for size in (0, 70_000):
        s3.put_object(Bucket="lengths", Key="object", Body=b"x" * size)
        assert s3.head_object(Bucket="lengths", Key="object")["ContentLength"] == size
    s3.delete_object(Bucket="lengths", Key="object")
    assert s3.list_objects_v2(Bucket="lengths")["KeyCount"] == 0


@pytest.mark.usefixtures("hasty_threads")
def test_of_many_additions_at_once_none_is_lost(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="fences",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="fences", Item={"pk": {"S": "a"}, "fence": {"N": "0"}})

    def add(_number: int) -> str:
        answer = dynamodb.update_item(
            TableName="fences",
            Key={"pk": {"S": "a"}},
            UpdateExpression="ADD fence :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return str(answer["Attributes"]["fence"]["N"])

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(add, range(400)))
    assert sorted(map(int, given)) == list(range(1, 401)), "each got its own number"


@pytest.mark.usefixtures("hasty_threads")
def test_of_many_uploads_of_one_key_at_once_every_version_is_kept(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="uploads")
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})

    def upload(number: int) -> Any:
        return s3.put_object(Bucket="uploads", Key="key", Body=b"x" * number)["VersionId"]

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(upload, range(400)))
    kept = {version["VersionId"] for version in s3.list_object_versions(Bucket="uploads")["Versions"]}
    assert kept == made


def test_what_moto_lacks_is_said_at_once(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="has not been implemented"):
        cloud.client("sagemaker").delete_model_package_group(ModelPackageGroupName="x")


def test_a_new_cloud_in_the_same_process_knows_nothing_of_the_one_before() -> None:
    first = start()
    first.client("s3").create_bucket(Bucket="of-the-first")
    first.close()
    second = start()
    try:
        assert second.client("s3").list_buckets()["Buckets"] == []
        assert not first.work_dir.exists()
    finally:
        second.close()
