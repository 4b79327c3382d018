"""Prepared rows as training takes them: read some at a time, so that a table is never in memory as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.fold import Fold
from container.learned_rows import Hashes, row_hashes
from container.on_disk import batch_rows, forget, matrix_in
from container.rows import LabelledRows, Matrix, Vector, matrix
from container.signature import Signature


@dataclass(frozen=True)
class Share:
    """Which rows a host learns from: every so many-th."""

    rank: int = 0
    hosts: int = 1

    def of(self, rows: int) -> slice:
        """These of so many rows."""
        return slice(self.rank, rows, self.hosts)


@dataclass(frozen=True)
class PreparedRows:
    """This host's rows as numbers, and of all rows what became of them and how they are known again."""

    fold: Fold
    targets: Vector
    hashes: Hashes
    span: tuple[date, date] | None
    cutoffs: tuple[date, ...]

    @classmethod
    def read(
        cls, path: Path, signature: Signature, folder: Path | None = None, share: Share | None = None
    ) -> "PreparedRows":
        """Read rows that `prepare` wrote, their numbers into a file in the folder if there is one."""
        count, columns = rows_of(path), len(signature.features)
        mine = (share or Share()).of(count)
        held = len(range(*mine.indices(count)))
        values: Matrix = matrix_in(folder, held, columns) if folder else np.empty((held, columns), dtype=np.float32)
        targets, hashes = np.empty(count), np.empty(count, dtype=np.uint64)
        spans: list[tuple[date, date]] = []
        cutoffs: set[date] = set()
        start = filled = 0
        for part in _parts(path, signature):
            end = start + len(part.targets)
            targets[start:end], hashes[start:end] = part.targets, row_hashes(part, signature)
            some = matrix(part.table, signature)[(mine.start - start) % (mine.step or 1) :: mine.step]
            values[filled : filled + len(some)] = some
            spans += [part.span] if part.span else []
            if signature.task == "time_to_event":
                cutoffs.update(part.cutoffs)
            start, filled = end, filled + len(some)
            forget(values)
            pa.default_memory_pool().release_unused()  # which otherwise keeps what each batch has needed
        span = (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None
        return cls(Fold(values, targets[mine]), targets, hashes, span, tuple(sorted(cutoffs)))


def rows_of(path: Path) -> int:
    """How many rows a file has."""
    return int(pq.read_metadata(path).num_rows)


def _parts(path: Path, signature: Signature) -> Iterator[LabelledRows]:
    with pq.ParquetFile(path, pre_buffer=False) as file:
        if not file.metadata.num_rows:
            yield LabelledRows.of(file.schema_arrow.empty_table(), path.name, signature)
        for batch in file.iter_batches(batch_rows(len(signature.features))):
            yield LabelledRows.of(pa.Table.from_batches([batch]), path.name, signature)
