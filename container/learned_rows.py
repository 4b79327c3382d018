"""Which rows a model has learned from, as hashes that travel with it: a hold-out row among them judges nothing."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from container.rows import LabelledRows
from container.signature import AS_OF, ROW_NUMBER, Signature

FILE = "learned_rows.npy"
MOST_HASHES = 1_000_000  # 8 MB; of more rows an even sample is kept
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class LearnedRows:
    """The sorted hashes of training and validation rows; of very many, those whose first `bits` bits are zero."""

    hashes: Hashes
    bits: int = 0

    @classmethod
    def of(cls, parts: Sequence[LabelledRows], signature: Signature) -> "LearnedRows":
        """The hashes of all rows of some parts."""
        return cls.of_hashes([row_hashes(rows, signature) for rows in parts])

    @classmethod
    def of_hashes(cls, parts: Sequence[Hashes]) -> "LearnedRows":
        """What rows have been hashed to."""
        hashes = np.unique(np.concatenate(parts))
        bits = 0
        while len(hashes) > MOST_HASHES:
            bits += 1
            hashes = hashes[_sampled(hashes, bits)]
        return cls(hashes, bits)

    @classmethod
    def load(cls, content: bytes) -> "LearnedRows":
        """Read what `save` wrote; the file holds no code."""
        numbers = np.load(io.BytesIO(content), allow_pickle=False)
        return cls(numbers[1:], int(numbers[0]))

    def save(self, folder: Path) -> None:
        """Write the number of bits and the hashes."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / FILE, np.concatenate((np.array([self.bits], np.uint64), self.hashes)), allow_pickle=False)

    def among(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Which of these rows are known to have been learned from."""
        return np.isin(hashes, self.hashes) & _sampled(hashes, self.bits)


def row_hashes(rows: LabelledRows, signature: Signature) -> Hashes:
    """A number for each row: of its entity, time and feature values; without an entity of its values and target.

    Without an entity rows are drawn by their values, so that equal ones are on one side.
    """
    known = rows.table.column(signature.target if signature.entity == ROW_NUMBER else signature.entity)
    found = np.zeros(rows.table.num_rows, dtype=np.uint64)
    for column in (known, rows.table.column(AS_OF), *(rows.table.column(each.name) for each in signature.features)):
        found = _mixed(found ^ _of_column(column))
    return found


def _of_column(column: pa.ChunkedArray) -> Hashes:
    """The same number for the same value in every file, whatever else the file holds."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), dtype=np.uint64)
    if pa.types.is_temporal(column.type):
        unit = pa.date32() if pa.types.is_date(column.type) else pa.timestamp("us", getattr(column.type, "tz", None))
        column = column.cast(unit, safe=False).cast(pa.int32() if pa.types.is_date(column.type) else pa.int64())
    if pa.types.is_integer(column.type):
        whole = column.cast(pa.int64(), safe=False)
        numbers = pc.fill_null(whole, 0).to_numpy().astype(np.int64).view(np.uint64)
    elif pa.types.is_floating(column.type):
        numbers = (pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy() + 0.0).view(np.uint64)  # no negative zero
    else:
        numbers = _of_text(column)
    return np.asarray(_mixed(numbers + np.uint64(1)) * pc.is_valid(column).to_numpy().astype(np.uint64))


def _of_text(column: pa.ChunkedArray) -> Hashes:
    encoded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    values = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) for text in encoded.dictionary.to_pylist()]
    return np.asarray(np.array(values, dtype=np.uint64)[encoded.indices.to_numpy()])


def _mixed(numbers: Hashes) -> Hashes:
    """Splitmix64's last step: every bit of a number changes half of the result's."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


def _sampled(hashes: Hashes, bits: int) -> NDArray[np.bool_]:
    return hashes >> np.uint64(64 - bits) == 0 if bits else np.ones(len(hashes), dtype=bool)
