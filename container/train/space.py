"""Whether the rows fit into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from container.algorithms.hyperparameters import Hyperparameters
from container.directories import Directories
from container.log import log
from container.machine import memory_bytes
from container.signature import Signature
from container.train.prepared import rows_of

BYTES_PER_CELL = 11  # as a number 4, once more where validation rows are learned too, and 3 for its bins
SHARE = 0.5  # of the container's memory; the rest is for reading, for what a round works with, and for the model
LIMIT = "memory_mb"  # the hyperparameter that states it otherwise
MEGABYTE = 1_000_000


@contextmanager
def space_for(directories: Directories, signature: Signature, parameters: Hyperparameters) -> Iterator[Path | None]:
    """A folder on the job's volume when its rows are too many for its memory, and None when they fit."""
    rows = sum(map(rows_of, directories.train_channel.glob("*.parquet")))
    needed = rows * len(signature.features) * BYTES_PER_CELL
    stated = parameters.values.get(LIMIT)
    limit = memory_bytes() * SHARE if stated is None else float(stated) * MEGABYTE
    if needed <= limit:
        yield None
        return
    log("rows stay on disk", rows=rows, needed_mb=needed // MEGABYTE, limit_mb=limit // MEGABYTE)
    with TemporaryDirectory(dir=directories.base, prefix="rows-") as folder:
        yield Path(folder)
