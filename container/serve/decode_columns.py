"""Bodies in columns, Arrow's stream and Parquet, to the model's numbers.

Both are packed: what they become is added up from what they state, and refused, before anything is unpacked. Texts
that many rows share stay shared; written out, a body of a kilobyte becomes gigabytes.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from container.serve import stated_arrow, stated_parquet
from container.serve.cells import BadRequest, Matrix, joined
from container.serve.column_types import check
from container.serve.column_values import Columns
from container.serve.limits import Limits
from container.serve.stated import Stated
from container.serve.thrift import MOST_ITEMS
from container.signature import Signature

ROWS, BATCHES = 50_000, 1_000  # that are read at once
UNREADABLE = (pa.ArrowException, OSError, ValueError, MemoryError)


def arrow_size(body: bytes, signature: Signature, limits: Limits) -> int:
    """The bytes that a stream of record batches states to become; raises Refused, BadRequest."""
    try:
        stated = Stated(limits)
        stated_arrow.add(body, len(signature.features), stated)
        return stated.bytes
    except UNREADABLE as error:
        raise _unreadable(error, "stream of Arrow record batches") from None


def from_arrow(body: bytes, signature: Signature) -> Matrix:
    """Decode a stream of record batches with the features' names, missing values null or NaN."""
    try:
        with pa.ipc.open_stream(body, options=pa.ipc.IpcReadOptions(use_threads=False)) as reader:
            check(reader.schema, signature)
            return _matrix(reader, signature)
    except UNREADABLE as error:
        raise _unreadable(error, "stream of Arrow record batches") from None


def parquet_size(body: bytes, signature: Signature, limits: Limits) -> int:
    """The bytes that a Parquet file states to become; raises Refused, BadRequest."""
    try:
        stated = Stated(limits)
        footer = stated_parquet.footer(body, stated)
        stated_parquet.add(body, footer, _parquet(body).schema, stated)
        return stated.bytes
    except UNREADABLE as error:
        raise _unreadable(error, "Parquet file") from None


def from_parquet(body: bytes, signature: Signature) -> Matrix:
    """Decode a Parquet file with the features' names, missing values null or NaN."""
    try:
        file = _parquet(body)
        check(file.schema_arrow, signature)
        texts = stated_parquet.texts(file.metadata, signature)
        file = pq.ParquetFile(pa.BufferReader(body), metadata=file.metadata, read_dictionary=texts, pre_buffer=False)
        groups = (file.read_row_group(place, use_threads=False) for place in range(file.num_row_groups))
        return _matrix((batch for group in groups for batch in group.to_batches()), signature)
    except UNREADABLE as error:
        raise _unreadable(error, "Parquet file") from None


def _parquet(body: bytes) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(body), thrift_container_size_limit=MOST_ITEMS, pre_buffer=False)


def _unreadable(error: Exception, what: str) -> BadRequest:
    if isinstance(error, BadRequest):
        return error
    return BadRequest(f"the body is no {what}: {str(error)[:200]}")


def _matrix(batches: Iterable[pa.RecordBatch], signature: Signature) -> Matrix:
    columns, parts, rows = Columns(signature.features), list[Matrix](), 0
    for table in _tables(batches):
        parts.append(columns.values(table, rows))
        rows += table.num_rows
    return joined(parts)


def _tables(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches in tables of some rows, for each table costs as much as a hundred rows; and not all of them at once."""
    waiting, rows = list[pa.RecordBatch](), 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= ROWS or len(waiting) == BATCHES:
            yield pa.Table.from_batches(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)
