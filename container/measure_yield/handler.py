"""The Lambda handler MeasureYield: inference logs that were dropped become observed items, metrics and a series."""

import json
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from container.empty_folder import empty_folder
from container.log import log
from container.measure_yield.data_bucket import DataBucket
from container.measure_yield.measurement import Measurement
from container.measure_yield.taking import Dropped
from evergreen.contracts import Contracts

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_LONGEST = 1_000  # characters of an event that are logged

s3: "S3Client" = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One SQS batch of S3 events; what fails is told apart from what succeeds, and comes again.

    Whatever the error is: one log that nobody foresaw must not take those beside it to the dead letters.
    """
    with empty_folder("measure-yield") as folder:
        failed = _failed(event["Records"], folder)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in sorted(failed)]}


def _failed(records: Sequence[dict[str, Any]], folder: Path) -> set[str]:
    """The messages whose logs could not be taken or measured; the others are."""
    measurement = Measurement(DataBucket(s3, os.environ["DATA_BUCKET"]), contracts(), folder)
    failed: set[str] = set()
    of_dataset: dict[str, set[str]] = {}
    for number, record in enumerate(records):
        try:
            dropped = _dropped(json.loads(record["body"]))
            measurement.take(number, dropped)
            of_dataset.setdefault(dropped.dataset, set()).add(record["messageId"])
        except Exception as error:
            log("log_failed", message=record["body"][:_LONGEST], error=repr(error))
            failed.add(record["messageId"])
    for dataset in measurement.taken:
        try:
            measurement.measure(dataset)
        except Exception as error:
            log("measure_failed", dataset=dataset, error=repr(error))
            failed |= of_dataset[dataset]
    return failed


@cache
def contracts() -> Contracts:
    """The contracts that the application was deployed with; they are no part of the image."""
    bucket, _, key = os.environ["CONTRACTS_URI"].removeprefix("s3://").partition("/")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contracts.json"
        s3.download_file(bucket, key, str(target))
        return Contracts.deployed(target)


def _dropped(event: dict[str, Any]) -> Dropped:
    detail = event["detail"]
    return Dropped(
        bucket=detail["bucket"]["name"],
        key=detail["object"]["key"],
        version_id=detail["object"].get("version-id", "null"),
        at=datetime.fromisoformat(event["time"]),
    )
