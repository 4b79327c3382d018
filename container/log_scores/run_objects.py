"""The data bucket as LogScores uses it: a run's documents and parts in, logs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from evergreen.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class RunObjects:
    """Objects by key; every method raises StoreUnavailable."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def read(self, key: str) -> bytes:
        with _told(f"read {key}"):
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def fetch(self, key: str, target: Path) -> Path:
        with _told(f"read {key}"):
            self._client.download_file(self._bucket, key, str(target))
        return target

    def modified(self, key: str) -> datetime:
        """When an object was written."""
        with _told(f"read {key}"):
            return self._client.head_object(Bucket=self._bucket, Key=key)["LastModified"]

    def keys(self, prefix: str) -> set[str]:
        """Every key under a prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with _told(f"list {prefix}"):
            return {each["Key"] for page in pages for each in page.get("Contents", [])}

    def put_new(self, key: str, file: Path) -> bool:
        """Write an object that is not there yet; False when somebody else was quicker."""
        try:
            with _told(f"write {key}"), file.open("rb") as body:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        except FileExistsError:
            return False
        return True


@contextmanager
def _told(doing: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "PreconditionFailed":
            raise FileExistsError(doing) from error
        raise StoreUnavailable(f"{doing}: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreUnavailable(f"{doing}: {error}") from error
