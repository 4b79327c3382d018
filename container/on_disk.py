"""Matrices that lie in a file: the machine keeps in memory what is being looked at, and may forget it."""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray

from container.rows import Matrix

BATCH_CELLS = 4_000_000  # 16 MB as float32; whatever has fewer is one batch


def matrix_in(folder: Path, rows: int, columns: int) -> Matrix:
    """A matrix in a file that goes when nobody has the matrix any more; an empty one is in memory."""
    if not rows * columns:
        return np.empty((rows, columns), dtype=np.float32)
    with NamedTemporaryFile(dir=folder, suffix=".rows") as file:
        return np.memmap(file.name, dtype=np.float32, mode="w+", shape=(rows, columns))


def folder_of(values: Matrix) -> Path | None:
    """Where a matrix lies; None when it is in memory."""
    return Path(values.filename).parent if isinstance(values, np.memmap) and values.filename else None


def batch_rows(columns: int) -> int:
    """How many rows are looked at together."""
    return max(1, BATCH_CELLS // max(1, columns))


def batches(values: Matrix) -> Iterator[slice]:
    """The rows, some at a time, in their order; of no rows one empty batch."""
    step = batch_rows(values.shape[1])
    for start in range(0, max(1, len(values)), step):
        yield slice(start, min(start + step, len(values)))


def forget(values: Matrix) -> None:
    """Let go of what memory holds of a matrix on disk."""
    mapped = getattr(values, "_mmap", None)
    if mapped is not None:
        mapped.madvise(mmap.MADV_DONTNEED)


def joined(parts: Sequence[Matrix]) -> Matrix:
    """One matrix below the other; on disk when one of them is."""
    folder = next(filter(None, map(folder_of, parts)), None)
    if folder is None:
        return np.concatenate(parts)
    whole = matrix_in(folder, sum(map(len, parts)), parts[0].shape[1])
    end = 0
    for part in parts:
        for some in batches(part):
            start, end = end, end + some.stop - some.start
            whole[start:end] = part[some]
            forget(part)
            forget(whole)
    return whole


def chosen(values: Matrix, wanted: NDArray[np.bool_]) -> Matrix:
    """Only the rows that are wanted; on disk when they were."""
    folder = folder_of(values)
    if folder is None:
        return values[wanted]
    found = matrix_in(folder, int(wanted.sum()), values.shape[1])
    end = 0
    for some in batches(values):
        rows = values[some][wanted[some]]
        start, end = end, end + len(rows)
        found[start:end] = rows
        forget(values)
        forget(found)
    return found
