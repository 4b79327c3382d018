"""JSON documents, lines and frozen copies in the data bucket."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.refusals import refusals

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_GONE = ("404", "NoSuchKey", "NoSuchVersion")
_REFUSED = (400, 403)
_CHUNK = 1 << 20  # bytes

Document = TypeVar("Document", bound=BaseModel)


class Files:
    """The data bucket, by key."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def key(self, uri: str) -> str:
        """The key of a URI in this bucket. Raises ValueError for any other."""
        prefix = self.uri("")
        if not uri.startswith(prefix):
            raise ValueError(f"{uri} is not in {prefix}")
        return uri.removeprefix(prefix)

    def read(self, key: str, model: type[Document]) -> Document:
        """Read one JSON document as `model`."""
        with store_faults(f"read {key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return model.model_validate_json(body)

    def find(self, key: str, model: type[Document]) -> Document | None:
        """Read one JSON document as `model`, or None when it is not there."""
        try:
            return self.read(key, model)
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                return None
            raise

    def download(self, key: str, folder: Path) -> Path:
        """Fetch one object into a folder, under the last part of its key."""
        target = folder / key.rpartition("/")[2]
        with store_faults(f"read {key}"):
            self._client.download_file(self.bucket, key, str(target))
        return target

    def content(self, key: str) -> bytes | None:
        """The bytes of one object; None when there is none."""
        try:
            with store_faults(f"read {key}"):
                return self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) in ("404", "NoSuchKey"):
                return None
            raise

    def write(self, key: str, content: bytes | BaseModel) -> str:
        """Write one document and return its URI."""
        body = content.model_dump_json(by_alias=True).encode() if isinstance(content, BaseModel) else content
        with store_faults(f"write {key}"):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.uri(key)

    def freeze(self, bucket: str, key: str, version_id: str, to: str) -> bool:
        """Copy one object version, of any size, inside S3; False when that version is gone.

        Raises ObjectUnreadable when S3 has it and will not give it.
        """
        source = {"Bucket": bucket, "Key": key, **_named(version_id)}
        try:
            with store_faults(f"copy {key}"):
                self._client.copy(source, self.bucket, to)  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) in _GONE:
                return False
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _REFUSED:
                self._version(bucket, key, version_id)  # says why, which a copy, and what looks before it, do not
            raise
        return True

    def version(self, bucket: str, key: str, version_id: str) -> bytes | None:
        """The content of one small object version, in any bucket; None when that version is gone.

        Raises ObjectUnreadable when S3 has it and will not give it.
        """
        found = self._version(bucket, key, version_id)
        with store_faults(f"read {key}"):
            return b"".join(found) if found else None

    def sha256(self, bucket: str, key: str, version_id: str) -> str | None:
        """The hash of one object version, in hex digits; None when that version is gone.

        Raises ObjectUnreadable when S3 has it and will not give it.
        """
        found, hashed = self._version(bucket, key, version_id), hashlib.sha256()
        if found is None:
            return None
        with store_faults(f"read {key}"):
            for chunk in found:
                hashed.update(chunk)
        return hashed.hexdigest()

    def stated_sha256(self, bucket: str, key: str, version_id: str) -> str | None:
        """The hash that S3 computed of a whole object version when it took it; None when it did not."""
        try:
            with store_faults(f"look at {key}"):
                found = self._client.head_object(
                    Bucket=bucket,
                    Key=key,
                    ChecksumMode="ENABLED",
                    **_named(version_id),  # type: ignore[arg-type]
                )
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (*_REFUSED, 404):
                return None
            raise
        stated = found.get("ChecksumSHA256", "")
        of_parts = not stated or "-" in stated or found.get("ChecksumType") == "COMPOSITE"
        return None if of_parts else base64.b64decode(stated).hex()

    def _version(self, bucket: str, key: str, version_id: str) -> Iterator[bytes] | None:
        try:
            with store_faults(f"read {key}"), refusals(bucket, key):
                body = self._client.get_object(Bucket=bucket, Key=key, **_named(version_id))["Body"]  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
        return body.iter_chunks(_CHUNK)

    def exists(self, key: str) -> bool:
        """Whether there is an object with this key."""
        return self.modified(key) is not None

    def modified(self, key: str) -> datetime | None:
        """When the object was written; None when there is none."""
        try:
            with store_faults(f"look for {key}"):
                return self._client.head_object(Bucket=self.bucket, Key=key)["LastModified"]
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise

    def keys(self, prefix: str) -> list[str]:
        """Every key under a prefix, in order."""
        return list(self.sizes(prefix))

    def sizes(self, prefix: str) -> dict[str, int]:
        """The bytes of every object under a prefix, by key, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        with store_faults(f"list {prefix}"):
            return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}

    def lines(self, key: str) -> Iterator[str]:
        """The lines of a text object, streamed."""
        with store_faults(f"read {key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"]
            for line in body.iter_lines():
                yield line.decode()


def _named(version_id: str) -> dict[str, str]:
    return {} if version_id == "null" else {"VersionId": version_id}
