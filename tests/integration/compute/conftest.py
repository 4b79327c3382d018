"""One laptop cloud for the tests of functions, jobs and state machines, with a small stand-in for the container."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud, start
from tests.integration.compute.world import World


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    running = start(repo=Path(__file__).with_name("image"))
    yield running
    running.close()


@pytest.fixture(scope="package")
def role(cloud: Cloud) -> str:
    services = ["lambda.amazonaws.com", "sagemaker.amazonaws.com", "states.amazonaws.com"]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    answer = cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    cloud.client("iam").put_role_policy(RoleName="worker", PolicyName="all", PolicyDocument=json.dumps(everything))
    return str(answer["Role"]["Arn"])


@pytest.fixture
def world(cloud: Cloud, role: str) -> World:
    bucket = f"data-{uuid.uuid4().hex[:8]}"
    cloud.client("s3").create_bucket(Bucket=bucket)
    return World(cloud, role, bucket)
