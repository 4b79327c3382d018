"""model.tar.gz, read in memory: nothing is unpacked to disk."""

import hashlib
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from container.learned_rows import FILE, LearnedRows
from container.model import Model, ModelUnusable

MOST_BYTES = 4_000_000_000  # unpacked; the models that we make have some megabytes, and a job has eight gigabytes


@dataclass(frozen=True)
class StoredModel:
    """A model and, where it says so, which rows it has learned from."""

    model: Model
    learned: LearnedRows | None
    sha256: str  # of the archive


def load_archive(path: Path, most_bytes: int = MOST_BYTES) -> StoredModel:
    """Load a model from the archive that SageMaker made of a training job's model directory.

    Raises ModelUnusable for whatever else is there, so that a damaged champion fails no run.
    """
    try:
        files = _files(path, most_bytes)
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        raise ModelUnusable(f"{path.name} is no readable archive: {error}") from error
    try:
        learned = LearnedRows.load(files[FILE]) if FILE in files else None
    except (ValueError, IndexError, TypeError, OSError, EOFError) as error:
        raise ModelUnusable(f"{path.name}: {FILE} cannot be read: {error}") from error
    return StoredModel(Model.load(files.__getitem__), learned, digest(path))


def digest(path: Path) -> str:
    """The SHA-256 of an archive, by which the champion is known again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(path: Path, most_bytes: int) -> dict[str, bytes]:
    """Files alone: a link leads nowhere, for nothing is unpacked."""
    files: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            most_bytes -= member.size
            if most_bytes < 0:
                raise ValueError(f"with {member.name} it holds more than any model does")
            stream = archive.extractfile(member) if member.isreg() else None
            if stream:
                files[member.name.removeprefix("./")] = stream.read()
    return files
