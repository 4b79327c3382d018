"""The built image as Lambda runs it: awslambdaric asks the Runtime API for an event and answers it."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from evergreen.manifest import DataReport
from local.functions.runtime_api import Invocation, RuntimeApi
from local.image.image import Image
from local.processes import Processes
from tests.image.conftest import Sealed
from tests.integration.container.conftest import SAMPLE

pytestmark = pytest.mark.image

BUCKET = "data"


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def runtime() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    yield api
    api.close()


def test_the_handler_prepares_small_data_between_s3_and_s3(
    stage: Sealed, image: Image, processes: Processes, endpoint: str, runtime: RuntimeApi
) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=endpoint, **keys)
    s3.create_bucket(Bucket=BUCKET)
    stage.stage_prepare({"sample.csv.gz": SAMPLE})
    given = stage.base / "processing" / "input"
    names = [path.relative_to(given).as_posix() for path in given.rglob("*") if path.is_file()]
    for name in names:
        s3.upload_file(str(given / name), BUCKET, name)
    s3.put_object(Bucket=BUCKET, Key="inputs.json", Body=json.dumps([{"prefix": f"s3://{BUCKET}/"}, *names]))
    folders = ("prepared", "accepted", "quarantine")
    event = {"run_prefix": stage.layout.prefix, "inputs": f"s3://{BUCKET}/inputs.json"}
    event |= {"outputs": {name: f"s3://{BUCKET}/out/{name}" for name in folders}}
    env = {name.upper(): value for name, value in keys.items() if name.startswith("aws")}
    env |= {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}
    env |= {"AWS_LAMBDA_RUNTIME_API": runtime.address, "AWS_LAMBDA_FUNCTION_NAME": "f", "DUCKDB_MEMORY_LIMIT": "512MB"}

    temporary = stage.base / "tmp"
    temporary.mkdir()
    container = image.run(
        processes,
        ["-m", "awslambdaric", "container.small_data.handler"],
        entrypoint="python",
        mounts={temporary: "/tmp"},
        env=env,
        network="host",  # where the Runtime API is, and S3
        cwd=stage.base,
    )
    runtime.invocations.put(Invocation("1", "arn:aws:lambda:us-east-1:123456789012:function:f", _json(event), 60))
    outcome = runtime.outcomes.get(timeout=60)
    container.stop(1)

    assert outcome.kind == "response", outcome.document
    report = s3.get_object(Bucket=BUCKET, Key="out/prepared/report.json")["Body"].read()
    assert DataReport.model_validate_json(report).files[0].accepted > 0
    assert list(temporary.iterdir()) == []


def _json(event: object) -> bytes:
    return json.dumps(event).encode()
