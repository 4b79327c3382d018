"""model.tar.gz, read in memory: nothing is unpacked to disk."""

import tarfile
from dataclasses import dataclass
from pathlib import Path

from container.learned_rows import FILE, LearnedRows
from container.model import Model, ModelUnusable


@dataclass(frozen=True)
class StoredModel:
    """A model and, where it says so, which rows it has learned from."""

    model: Model
    learned: LearnedRows | None


def load_archive(path: Path) -> StoredModel:
    """Load a model from the archive that SageMaker made of a training job's model directory."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            files = {}
            for member in archive:
                stream = archive.extractfile(member)
                if stream:
                    files[member.name.removeprefix("./")] = stream.read()
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ModelUnusable(f"{path.name} is no readable archive: {error}") from error
    try:
        learned = LearnedRows.load(files[FILE]) if FILE in files else None
    except (ValueError, IndexError, OSError, EOFError) as error:
        raise ModelUnusable(f"{path.name}: {FILE} cannot be read: {error}") from error
    return StoredModel(Model.load(files.__getitem__), learned)
