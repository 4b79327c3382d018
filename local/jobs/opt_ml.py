"""The /opt/ml folder of a job, and its ways from and to S3."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.jobs.job import JobFailed

OPT_ML = "/opt/ml"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an s3:// address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise JobFailed(f"ClientError: {uri!r} is not an S3 address; it must look like s3://bucket/key")
    return bucket, key


class OptMl:
    """The folder that the job's code sees as /opt/ml."""

    def __init__(self, folder: Path, s3: Any) -> None:
        self.folder, self._s3 = folder, s3
        for name in ("input/config", "input/data", "model", "output"):
            (folder / name).mkdir(parents=True)

    def at(self, local_path: str) -> Path:
        """Where a container path under /opt/ml lies."""
        if not local_path.startswith(OPT_ML + "/"):
            raise JobFailed(f"ClientError: LocalPath {local_path!r} must lie under {OPT_ML}/")
        return self.folder / local_path.removeprefix(OPT_ML + "/")

    def write_config(self, name: str, document: Any) -> None:
        """Writes a JSON file of SageMaker's own."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, default=str))

    def text(self, name: str) -> str:
        """The first 1,024 characters of a file in which the code explains itself, empty without one."""
        path = self.folder / name
        return path.read_text(errors="replace").strip()[:1024] if path.is_file() else ""

    def download(self, uri: str, data_type: str, target: Path) -> list[Path]:
        """Brings the objects of a prefix or of a manifest into `target`, in their order in S3 or in the manifest."""
        target.mkdir(parents=True, exist_ok=True)
        try:
            return [
                self._fetch(bucket, key, target / relative) for bucket, key, relative in self._objects(uri, data_type)
            ]
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"ClientError: Data download failed: {uri}: {error}") from error

    def fetch(self, uri: str, target: Path) -> Path:
        """Brings one object into the file `target`."""
        bucket, key = split_uri(uri)
        try:
            return self._fetch(bucket, key, target)
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"ClientError: Data download failed: {uri}: {error}") from error

    def upload(self, path: Path, uri: str) -> None:
        """Sends a file, or every file under a folder, to S3."""
        bucket, prefix = split_uri(uri)
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        try:
            for file in files:
                key = prefix if file == path else f"{prefix.rstrip('/')}/{file.relative_to(path).as_posix()}"
                with file.open("rb") as content:
                    self._s3.put_object(Bucket=bucket, Key=key, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"ClientError: Data upload failed: {uri}: {error}") from error

    def bring_checkpoints(self, config: dict[str, str]) -> None:
        """Hands over what earlier jobs have left at the same place in S3, which may be nothing."""
        folder = self._checkpoints(config)
        folder.mkdir(parents=True)
        bucket, prefix = split_uri(config["S3Uri"])
        try:
            for key in self._s3_keys(bucket, prefix):
                self._fetch(bucket, key, folder / key[len(prefix) :].lstrip("/"))
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"ClientError: Data download failed: {config['S3Uri']}: {error}") from error

    def keep_checkpoints(self, config: dict[str, str], kept: dict[Path, int]) -> None:
        """Sends what has changed since to S3; `kept` says what is there already."""
        for path in sorted(self._checkpoints(config).rglob("*")):
            with suppress(FileNotFoundError):  # it was renamed meanwhile
                changed = path.stat().st_mtime_ns
                if path.is_file() and kept.get(path) != changed:
                    name = path.relative_to(self._checkpoints(config)).as_posix()
                    self.upload(path, f"{config['S3Uri'].rstrip('/')}/{name}")
                    kept[path] = changed

    def _checkpoints(self, config: dict[str, str]) -> Path:
        return self.at(config.get("LocalPath", f"{OPT_ML}/checkpoints").rstrip("/"))

    def _s3_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []) if not entry["Key"].endswith("/"))

    def pack_model(self) -> Path:
        """The model folder as model.tar.gz."""
        archive = self.folder / "model.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for entry in sorted((self.folder / "model").iterdir()):
                tar.add(entry, arcname=entry.name)
        return archive

    def unpack_model(self, uri: str) -> None:
        """Fills the model folder from model.tar.gz; links and paths that lead out of it are refused."""
        archive = self.fetch(uri, self.folder / "model.tar.gz")
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(self.folder / "model", filter="data")
        except tarfile.TarError as error:
            raise JobFailed(f"ClientError: {uri} cannot be unpacked: {error}") from error

    def remove(self) -> None:
        """Deletes the folder."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _objects(self, uri: str, data_type: str) -> Iterator[tuple[str, str, str]]:
        """Bucket, key and relative name of every object."""
        if data_type == "ManifestFile":
            yield from self._manifest(uri)
            return
        if data_type != "S3Prefix":
            raise JobFailed(f"ClientError: S3DataType {data_type!r} is not known; use S3Prefix or ManifestFile")
        bucket, prefix = split_uri(uri)
        found = False
        for key in self._s3_keys(bucket, prefix):
            found = True
            yield bucket, key, key[len(prefix) :].lstrip("/") or key.rsplit("/", 1)[-1]
        if not found:
            raise JobFailed(f"ClientError: No S3 objects found under S3 URL {uri!r}")

    def _manifest(self, uri: str) -> Iterator[tuple[str, str, str]]:
        bucket, key = split_uri(uri)
        head, *names = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        data_bucket, prefix = split_uri(head["prefix"])
        for name in names:
            yield data_bucket, prefix + name, name

    def _fetch(self, bucket: str, key: str, target: Path) -> Path:
        if not target.resolve().is_relative_to(self.folder.resolve()):
            raise JobFailed(f"ClientError: s3://{bucket}/{key} would be written outside of {OPT_ML}")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(self._s3.get_object(Bucket=bucket, Key=key)["Body"], file, 1 << 20)
        return target
