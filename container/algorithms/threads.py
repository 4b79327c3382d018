"""How many threads training is worth."""

import os

from container.rows import Matrix

CELLS_WORTH_THREADS = 5_000_000  # below, a second thread waits more than it works


def threads_for(values: Matrix) -> int:
    """All of them for large data, one for small."""
    return (os.cpu_count() or 1) if values.size > CELLS_WORTH_THREADS else 1
