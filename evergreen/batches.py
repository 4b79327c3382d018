"""Batches: files that belong together, dropped under one folder with a manifest written last."""

from datetime import datetime

from pydantic import Field, ValidationError, model_validator

from evergreen.arrivals import MANIFEST, Arrival
from evergreen.errors import DatasetRejected
from evergreen.strict import Strict

_SHOWN = 12  # digits of a checksum
MOST_FILES = 499  # with the manifest they are what one run takes at most


class BatchFile(Strict):
    """One file that a manifest names: how large it is, and a checksum of its bytes."""

    name: str = Field(min_length=1, max_length=900)
    size: int = Field(ge=0)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    etag: str | None = Field(default=None, min_length=1, max_length=100)  # as S3 gave it, without quotes

    @model_validator(mode="after")
    def _can_be_compared(self) -> "BatchFile":
        if self.sha256 is None and self.etag is None:
            raise ValueError("needs sha256, 64 small hex digits, or the etag that S3 gave")
        return self


class BatchManifest(Strict):
    """manifest.json: every file of the batch."""

    files: tuple[BatchFile, ...] = Field(min_length=1, max_length=MOST_FILES)

    @model_validator(mode="after")
    def _names_once(self) -> "BatchManifest":
        names = [file.name for file in self.files]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or MANIFEST in names:
            raise ValueError(f"names twice, or itself: {', '.join(twice) or MANIFEST}")
        return self


class BatchState(Strict):
    """A batch that waits: since when, what is wrong with it, if anything, and when people are told."""

    name: str
    since: datetime
    faults: tuple[str, ...]
    deadline: datetime


def read_manifest(content: bytes) -> BatchManifest:
    """The manifest that a file holds. Raises DatasetRejected, saying what it should look like."""
    try:
        return BatchManifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise DatasetRejected(
            f"{f'{place:.100}: ' if place else ''}{first['msg']:.1000}. A manifest is "
            '{"files": [{"name": "a.csv", "size": 123, "sha256": "…"}, …]}, written after all of them.'
        ) from error


def differs(file: BatchFile, arrival: Arrival, sha256: str | None) -> str | None:
    """In which way an object is not what the manifest says; `sha256` is that of the object, when it was computed."""
    if arrival.size != file.size:
        return f"{file.name} has {arrival.size} bytes, not {file.size} as the manifest says"
    if file.etag is not None and arrival.etag is not None:
        return None if file.etag == arrival.etag else f"{file.name} has the etag {arrival.etag}, not {file.etag}"
    if file.sha256 is not None and sha256 is not None:
        return None if file.sha256 == sha256 else _differs_in_sha256(file.name, sha256, file.sha256)
    if file.etag is not None:
        return f"{file.name} cannot be compared: state its sha256"
    return f"{file.name} cannot be compared yet: state its etag, or upload it with --checksum-algorithm SHA256"


def _differs_in_sha256(name: str, found: str, stated: str) -> str:
    return f"{name} has the sha256 {found[:_SHOWN]}…, not {stated[:_SHOWN]}… as the manifest says"
