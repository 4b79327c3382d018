"""The Lambda handler: prepares small data by the very code that the Processing job runs, and moves the files itself."""

import errno
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import duckdb
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from container.directories import Directories
from container.empty_folder import empty_folder
from container.log import log
from container.prepare.command import run
from evergreen.errors import EvergreenError, StoreUnavailable
from evergreen.strict import Strict

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class Request(Strict):
    """What the workflow hands on; the same URIs that it gives the job."""

    run_prefix: str
    inputs: str  # of an S3 ManifestFile
    outputs: dict[str, str]  # where each folder of processing/output goes


class TooLargeForFunction(EvergreenError):
    """Memory or disk did not suffice; the job, which has more of both, takes over."""


s3: "S3Client" = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> None:
    """PrepareSmallData."""
    work_on_files(event, run)


def work_on_files(event: dict[str, Any], work: Callable[[Directories, str], None]) -> None:
    """Bring the run's files here, work on them, take the results to S3; again, it writes the same to the same keys."""
    request = Request.model_validate(event)
    with _own_folder() as folder, _limits_told(), _transfers_told(request.run_prefix):
        directories = Directories(folder)
        files, size = _download(request.inputs, directories.processing_input)
        log("downloaded", files=files, bytes=size)
        work(directories, request.run_prefix)
        for name, uri in request.outputs.items():
            _upload(directories.processing_output / name, uri)


def _download(uri: str, target: Path) -> tuple[int, int]:
    """Every object that the manifest names, at its own key; how many, and their bytes."""
    bucket, key = _place(uri)
    head, *keys = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    data_bucket, prefix = _place(head["prefix"])
    size = 0
    for name in keys:
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(data_bucket, prefix + name, str(file))
        size += file.stat().st_size
    return len(keys), size


def _upload(folder: Path, uri: str) -> None:
    bucket, prefix = _place(uri)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            s3.upload_file(str(file), bucket, f"{prefix}/{file.relative_to(folder).as_posix()}")


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@contextmanager
def _own_folder() -> Iterator[Path]:
    """The folder of one invocation, in which libraries put what is temporary, too."""
    before = tempfile.tempdir
    with empty_folder("small-data") as folder:
        (folder / "tmp").mkdir()
        tempfile.tempdir = str(folder / "tmp")
        try:
            yield folder
        finally:
            tempfile.tempdir = before


@contextmanager
def _limits_told() -> Iterator[None]:
    """Tell what a larger machine could do from what nobody can."""
    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        raise TooLargeForFunction(f"out of memory: {error}") from error
    except (OSError, duckdb.IOException) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise TooLargeForFunction(f"out of disk space: {error}") from error
        raise


@contextmanager
def _transfers_told(run_prefix: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise StoreUnavailable(f"files of {run_prefix} could not be moved: {error}") from error
