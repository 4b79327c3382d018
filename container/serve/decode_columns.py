"""Bodies in columns, Arrow's stream and Parquet, to the model's numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.rows import column_values
from container.serve.cells import BadRequest, Matrix, not_a_number, order_of
from container.signature import Feature, Signature

MOST_UNPACKED = 1_000_000_000  # bytes; what is packed well can hold a thousand times its size


def from_arrow(body: bytes, signature: Signature) -> Matrix:
    """Decode a stream of record batches with the features' names, missing values null or NaN."""
    try:
        with pa.ipc.open_stream(body) as reader:
            batches, left = [], MOST_UNPACKED
            for batch in reader:
                # Columns of nothing have rows without bytes.
                left -= max(batch.nbytes, batch.num_rows * max(1, batch.num_columns) * 8)
                if left < 0:
                    raise BadRequest("the body unpacks to more than 1 GB; send fewer rows at once")
                batch.validate(full=True)
                batches.append(batch)
            return _matrix(pa.Table.from_batches(batches, reader.schema), signature)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(error, "stream of Arrow record batches") from None


def from_parquet(body: bytes, signature: Signature) -> Matrix:
    """Decode a Parquet file with the features' names, missing values null or NaN."""
    try:
        file = pq.ParquetFile(pa.BufferReader(body))
        groups = (file.metadata.row_group(place) for place in range(file.metadata.num_row_groups))
        cells = file.metadata.num_rows * max(1, file.metadata.num_columns)
        if max(cells * 8, sum(group.total_byte_size for group in groups)) > MOST_UNPACKED:
            raise BadRequest("the body unpacks to more than 1 GB; send fewer rows at once")
        order_of(file.schema_arrow.names, signature)
        return _matrix(file.read(use_threads=False), signature)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(error, "Parquet file") from None


def _unreadable(error: Exception, what: str) -> BadRequest:
    if isinstance(error, BadRequest):
        return error
    return BadRequest(f"the body is no {what}: {str(error)[:200]}")


def _matrix(table: pa.Table, signature: Signature) -> Matrix:
    order_of(table.column_names, signature)
    if not table.num_rows:
        raise BadRequest("the body has no rows: send at least one")
    values = np.empty((table.num_rows, len(signature.features)), dtype=np.float32)
    for place, feature in enumerate(signature.features):
        values[:, place] = _column(table.column(feature.name), feature)
    return values


def _column(column: pa.ChunkedArray, feature: Feature) -> Matrix:
    type = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_null(type):
        return np.full(len(column), np.nan, dtype=np.float32)
    if not _fits(type, feature):
        wanted = "text" if feature.type == "category" else "a number"
        raise BadRequest(f"column {feature.name!r} is of type {type}; the model takes {wanted}")
    if type != column.type:
        column = column.cast(type)
    with np.errstate(over="ignore"):
        values = column_values(feature, column)
    if feature.type != "category" and np.isinf(values).any():
        row = int(np.isinf(values).argmax())
        raise not_a_number(column[row].as_py(), feature, row + 1)
    return values


def _fits(type: pa.DataType, feature: Feature) -> bool:
    kinds = pa.types
    if feature.type == "category":
        return bool(
            kinds.is_string(type) or kinds.is_large_string(type) or kinds.is_string_view(type) or kinds.is_integer(type)
        )
    return bool(kinds.is_integer(type) or kinds.is_floating(type) or kinds.is_decimal(type))
