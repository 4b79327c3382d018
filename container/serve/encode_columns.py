"""Answers in columns: Arrow's stream and Parquet."""

import pyarrow as pa
import pyarrow.parquet as pq

from container.signature import Signature
from container.tasks.definition import Answer


def to_arrow(answer: Answer, signature: Signature) -> bytes:
    """Encode as a stream of one record batch."""
    table, sink = _table(answer, signature), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def to_parquet(answer: Answer, signature: Signature) -> bytes:
    """Encode as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(_table(answer, signature), sink)
    return bytes(sink.getvalue())


def _table(answer: Answer, signature: Signature) -> pa.Table:
    columns = [pa.array(column) for column in answer.numbers.T.copy()]
    if answer.labels is not None:
        columns.insert(0, pa.DictionaryArray.from_arrays(answer.labels, list(signature.classes)).cast(pa.string()))
    return pa.table(columns, names=list(signature.outputs))
