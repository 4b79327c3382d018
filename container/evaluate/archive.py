"""model.tar.gz, read in memory: nothing is unpacked to disk."""

import tarfile
from pathlib import Path

from container.model import Model, ModelUnusable


def load_archive(path: Path) -> Model:
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
    return Model.load(files.__getitem__)
