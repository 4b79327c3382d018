"""The data bucket as MeasureYield uses it: logs in, observed items and the series out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from container.log import log
from evergreen.errors import EvergreenError, StoreUnavailable
from evergreen.layout import ObservedLayout
from evergreen.yield_series import YieldSeries

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_GONE = ("404", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed")
_CHANGED = ("ConditionalRequestConflict", "PreconditionFailed", "NoSuchKey")
_AT_ONCE = 8


class FilesChanged(EvergreenError):
    """What was listed is no longer there, or somebody else has written meanwhile: look again."""


class DataBucket:
    """Objects by key; every method raises StoreUnavailable for what may pass by itself."""

    def __init__(self, client: S3Client, name: str) -> None:
        self._client, self.name = client, name

    def uri(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def fetch_version(self, key: str, version_id: str, target: Path) -> bool:
        """Fetch one object version; False when it is gone."""
        named = {} if version_id == "null" else {"VersionId": version_id}
        try:
            with _told(f"read {key}"):
                self._client.download_file(self.name, key, str(target), ExtraArgs=named)
        except ClientError as error:
            if _code(error) in _GONE:
                return False
            raise
        return True

    def fetch(self, keys: Sequence[str], folder: Path) -> list[Path]:
        """Fetch many objects. Raises FilesChanged when one is gone."""
        folder.mkdir(parents=True, exist_ok=True)

        def fetch_one(key: str) -> Path:
            target = folder / key.rpartition("/")[2]
            if not self.fetch_version(key, "null", target):
                raise FilesChanged(f"{key} is gone")
            return target

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(fetch_one, keys))

    def put(self, files: dict[str, Path]) -> None:
        """Write many objects, by key."""

        def put_one(entry: tuple[str, Path]) -> None:
            with _told(f"write {entry[0]}"):
                self._client.upload_file(str(entry[1]), self.name, entry[0])

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(put_one, files.items()))

    def put_text(self, key: str, content: str) -> None:
        """Write one small document."""
        with _told(f"write {key}"):
            self._client.put_object(Bucket=self.name, Key=key, Body=content.encode())

    def days(self, layout: ObservedLayout) -> list[str]:
        """The days that have observed items, newest first."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=layout.items, Delimiter="/"
        )
        with _told(f"list {layout.items}"):
            found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
        return sorted((prefix.removeprefix(layout.items).rstrip("/") for prefix in found), reverse=True)

    def keys(self, prefix: str) -> list[str]:
        """Every key under a prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        with _told(f"list {prefix}"):
            return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def series(self, layout: ObservedLayout) -> tuple[YieldSeries, str | None]:
        """A data set's series, with the tag by which it is known whether somebody else has written it meanwhile."""
        try:
            with _told(f"read {layout.series}"):
                answer = self._client.get_object(Bucket=self.name, Key=layout.series)
                content, tag = answer["Body"].read(), answer["ETag"]
        except ClientError as error:
            if _code(error) in _GONE:
                return YieldSeries(dataset=layout.dataset), None
            raise
        try:
            return YieldSeries.model_validate_json(content), tag
        except ValidationError as error:  # of another version: what it counted is counted anew, as far as is read
            log("series_unreadable", dataset=layout.dataset, error=str(error))
            return YieldSeries(dataset=layout.dataset), tag

    def put_series(self, layout: ObservedLayout, series: YieldSeries, tag: str | None) -> None:
        """Write a data set's series. Raises FilesChanged when somebody else has written it since it was read."""
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        body = series.model_dump_json(exclude_none=True).encode()
        try:
            with _told(f"write {layout.series}"):
                self._client.put_object(Bucket=self.name, Key=layout.series, Body=body, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            if _code(error) in _CHANGED:
                raise FilesChanged(f"{layout.series} has changed") from error
            raise


@contextmanager
def _told(doing: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) in (*_GONE, *_CHANGED):
            raise
        raise StoreUnavailable(f"{doing}: {error}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreUnavailable(f"{doing}: {error}") from error


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
