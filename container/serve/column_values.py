"""The columns of record batches as the model's numbers."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from container.rows import Matrix, column_values
from container.serve.cells import BadRequest, not_a_number
from container.signature import Feature

VIEW = 16  # bytes of a view of text, which begins with its length
VIEWS = 50_000  # that are written out at once
MOST_TEXT = 2**26  # bytes that they may come to

Values = NDArray[np.float32]


class Columns:
    """Reads table after table; a dictionary that stays is read once."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._dictionaries: dict[str, tuple[pa.Array, Values]] = {}

    def values(self, table: pa.Table, before: int) -> Matrix:
        """A table's rows, of which so many came before."""
        values = np.empty((table.num_rows, len(self._features)), dtype=np.float32)
        for place, feature in enumerate(self._features):
            column = table.column(feature.name)
            with np.errstate(over="ignore", invalid="ignore"):
                found = self._column(column, feature)
            if feature.type != "category" and np.isinf(found).any():
                row = int(np.isinf(found).argmax())
                raise not_a_number(column[row].as_py(), feature, before + row + 1)
            values[:, place] = found
        return values

    def _column(self, column: pa.ChunkedArray, feature: Feature) -> Values:
        if pa.types.is_dictionary(column.type):
            return np.concatenate([self._by_place(chunk, feature) for chunk in column.chunks])
        if pa.types.is_string_view(column.type):
            return np.concatenate([_viewed(chunk, feature) for chunk in column.chunks])
        return _plain(column, feature)

    def _by_place(self, column: pa.DictionaryArray, feature: Feature) -> Values:
        column.indices.validate(full=True)
        values = self._dictionary(column, feature)
        places = column.indices.cast(pa.int64()).fill_null(len(values)).to_numpy(zero_copy_only=False)
        if len(places) and not 0 <= places.min() <= places.max() <= len(values):
            raise BadRequest(f"column {feature.name!r} points outside its dictionary")
        return np.asarray(np.append(values, np.float32(np.nan))[places])

    def _dictionary(self, column: pa.DictionaryArray, feature: Feature) -> Values:
        last = self._dictionaries.get(feature.name)
        if last is None or not _same(last[0], column.dictionary):
            viewed = pa.types.is_string_view(column.dictionary.type)
            found = _viewed(column.dictionary, feature) if viewed else _plain(column.dictionary, feature)
            last = self._dictionaries[feature.name] = column.dictionary, found
        return last[1]


def _plain(column: pa.ChunkedArray | pa.Array, feature: Feature) -> Values:
    column.validate(full=True)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan, dtype=np.float32)
    return column_values(feature, column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column]))


def _viewed(column: pa.Array, feature: Feature) -> Values:
    """Many views can be of the same text, and each is written out to be compared: some rows at a time, and bounded."""
    column.validate()
    found = np.full(len(column), np.nan, dtype=np.float32)
    for first in range(0, len(column), VIEWS):
        part = column.slice(first, VIEWS)
        there = pc.is_valid(part).to_numpy(zero_copy_only=False)
        # Arrow checks no view of a missing value, and follows it all the same, so only the others are read.
        _, views, *texts = part.buffers()
        rows = np.frombuffer(views, np.int32).reshape(-1, VIEW // 4)[part.offset : part.offset + len(part)][there]
        if rows[:, 0].sum(dtype=np.int64) > MOST_TEXT:
            raise BadRequest(f"{VIEWS:,} texts of column {feature.name!r} have more than {MOST_TEXT >> 20} MB")
        viewed = pa.Array.from_buffers(part.type, len(rows), [None, pa.py_buffer(rows), *texts])
        viewed.validate(full=True)
        found[first : first + VIEWS][there] = column_values(feature, pa.chunked_array([viewed]))
    return found


def _same(one: pa.Array, other: pa.Array) -> bool:
    """Whether both are the same memory, for comparing what is in it takes as long as reading it."""
    places = [
        (each.offset, len(each), [buffer and (buffer.address, buffer.size) for buffer in each.buffers()])
        for each in (one, other)
    ]
    return places[0] == places[1]
