"""SageMaker's endpoints in this process: what answers does it by echoing the row, unless its model says otherwise."""

import json
from typing import Any

import boto3
import pytest
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from local.endpoints.api import operations
from local.endpoints.fleet import Fleet
from local.endpoints.runtime import invoking
from local.jobs.job import JobFailed


class Echo:
    """Answers each row with its own cells; a `broken` model never starts, a `wrong` one adds one."""

    def __init__(self, _: str, variant: dict[str, Any], model: Any) -> None:
        self.variant: str = variant["VariantName"]
        bucket, _, key = model.primary_container["ModelDataUrl"].removeprefix("s3://").partition("/")
        self.text = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def wait_until_ready(self) -> None:
        if self.text == "broken":
            raise JobFailed("the container did not pass the ping health check")

    def invoke(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        assert headers == {"Content-Type": "application/json", "Accept": "text/csv"}
        rows = [[float(cell) for cell in row] for row in json.loads(body)["instances"]]
        more = 1 if self.text == "wrong" else 0
        lines = [",".join([str(row[0] + more), *map(str, row[1:])]) for row in rows]
        return 200, "text/csv", "\n".join(lines).encode()

    def close(self) -> None:
        pass


def endpoints(patch: pytest.MonkeyPatch, *, start: Any = Echo) -> Fleet:
    """Has moto's endpoints answer; whoever asks for one has it at once."""
    fleet = Fleet("123456789012", "us-east-1", start, at_once=True)
    for name, operation in operations(fleet).items():
        patch.setattr(SageMakerResponse, name, operation, raising=False)
    patch.setattr(SageMakerRuntimeResponse, "invoke_endpoint", invoking(fleet))
    return fleet
