import subprocess
import sys
import uuid
from typing import Any

import pytest

from local.cloud import Cloud
from tests.integration.cloud.conftest import Deploy, Receive, outputs_of

TLS_ONLY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def drop_box(key_pattern: list[Any]) -> dict[str, Any]:
    """A bucket as the application has it, with a rule from its events to a queue."""
    return {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "VersioningConfiguration": {"Status": "Enabled"},
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "TlsOnly": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [TLS_ONLY]},
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {"bucket": {"name": [{"Ref": "Bucket"}]}, "object": {"key": key_pattern}},
                },
                "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
        "Nightly": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": "rate(1 day)",
                "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
    }


OUTPUTS = {"Bucket": {"Value": {"Ref": "Bucket"}}, "Queue": {"Value": {"Ref": "Queue"}}}


def test_a_put_object_reaches_the_queue_with_its_version(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    names = outputs_of(deploy(drop_box([{"prefix": "incoming/"}]), Outputs=OUTPUTS))
    s3 = cloud.client("s3")
    put = [s3.put_object(Bucket=names["Bucket"], Key="incoming/a.csv", Body=b"x" * size) for size in (3, 5)]
    events = sorted(receive(names["Queue"], 2), key=lambda event: event["detail"]["object"]["sequencer"])
    assert [event["detail"]["object"]["version-id"] for event in events] == [answer["VersionId"] for answer in put]
    assert [event["detail"]["object"]["size"] for event in events] == [3, 5]
    assert [event["detail"]["object"]["etag"] for event in events] == [answer["ETag"].strip('"') for answer in put]
    assert len({uuid.UUID(event["id"]) for event in events}) == 2
    assert {event["detail"]["reason"] for event in events} == {"PutObject"}
    assert events[0]["resources"] == [f"arn:aws:s3:::{names['Bucket']}"]


def test_anything_but_prefix_leaves_out_the_cloud_s_own_objects(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    own = {"anything-but": {"prefix": ["runs/", "accepted/"]}}
    names = outputs_of(deploy(drop_box([own]), Outputs=OUTPUTS))
    for key in ("runs/x/1.json", "incoming/b.csv", "accepted/c.parquet"):
        cloud.client("s3").put_object(Bucket=names["Bucket"], Key=key, Body=b"x")
    (event,) = receive(names["Queue"], 1)
    assert event["detail"]["object"]["key"] == "incoming/b.csv"


def test_copies_and_multipart_uploads_are_events_too(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    names = outputs_of(deploy(drop_box([{"prefix": "incoming/"}]), Outputs=OUTPUTS))
    s3, bucket = cloud.client("s3"), names["Bucket"]
    s3.put_object(Bucket=bucket, Key="elsewhere", Body=b"x")
    copied = s3.copy_object(Bucket=bucket, Key="incoming/copy", CopySource={"Bucket": bucket, "Key": "elsewhere"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="incoming/parts")["UploadId"]
    part = {"Bucket": bucket, "Key": "incoming/parts", "UploadId": upload}
    etag = s3.upload_part(**part, PartNumber=1, Body=b"x" * 10)["ETag"]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": 1}]})
    received = receive(names["Queue"], 2)
    assert len(received) == 2
    events = {event["detail"]["object"]["key"]: event["detail"] for event in received}
    assert events["incoming/copy"]["reason"] == "CopyObject"
    assert events["incoming/copy"]["object"]["version-id"] == copied["VersionId"]
    assert events["incoming/parts"]["reason"] == "CompleteMultipartUpload"
    assert events["incoming/parts"]["object"]["size"] == 10


def test_a_bucket_policy_still_denies_what_it_denies_apart_from_tls(cloud: Cloud, deploy: Deploy) -> None:
    resources = drop_box([{"prefix": "incoming/"}])
    locked = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": TLS_ONLY["Resource"]}
    resources["TlsOnly"]["Properties"]["PolicyDocument"]["Statement"].append(locked)
    names = outputs_of(deploy(resources, Outputs=OUTPUTS))
    s3 = cloud.client("s3")
    with pytest.raises(s3.exceptions.ClientError, match="Forbidden"):
        s3.put_object(Bucket=names["Bucket"], Key="incoming/a.csv", Body=b"x")
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=names["Bucket"])["Policy"]


def test_an_upload_by_another_sdk_session_is_an_event(cloud: Cloud, deploy: Deploy, receive: Receive) -> None:
    names = outputs_of(deploy(drop_box([{"prefix": "incoming/"}]), Outputs=OUTPUTS))
    code = (
        "import boto3, io, sys; from boto3.s3.transfer import TransferConfig;"
        "boto3.client('s3').upload_fileobj(io.BytesIO(b'x' * 9_000_000), sys.argv[1], 'incoming/big.csv',"
        " Config=TransferConfig(multipart_threshold=5_000_000, multipart_chunksize=5_000_000))"
    )
    environment = {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.region,
    }
    subprocess.run([sys.executable, "-c", code, names["Bucket"]], env=environment, check=True)
    (event,) = receive(names["Queue"], 1)
    assert event["detail"]["object"]["size"] == 9_000_000
