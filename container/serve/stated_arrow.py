"""What a stream of Arrow record batches states of its size: compressed buffers begin with the bytes they become."""

import struct
from dataclasses import dataclass, field

import pyarrow as pa

from container.serve.flatbuffer import FlatTable
from container.serve.stated import NUMBER, Stated

# Numbers of Arrow's format, Message.fbs: https://arrow.apache.org/docs/format/Columnar.html
HEADER_TYPE, HEADER = 1, 2
DICTIONARY_BATCH, RECORD_BATCH = 2, 3
LENGTH, BUFFERS, COMPRESSION = 0, 2, 3  # of a record batch
ID, DATA, IS_DELTA = 0, 1, 2  # of a dictionary batch
BUFFER = "<qq"  # offset, length
AS_IT_IS = -1  # stated by a buffer that did not become smaller
MESSAGE = 1_000  # as many bytes as reading a message at all is worth


def add(body: bytes, columns: int, stated: Stated) -> None:
    """Add up what all messages of a stream unpack to, without unpacking one; raises Refused, ValueError."""
    sizes = _Sizes(stated, columns)
    for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(body)):
        sizes.add(message)


@dataclass
class _Sizes:
    stated: Stated
    columns: int
    dictionaries: dict[int, int] = field(default_factory=dict)  # bytes by id

    def add(self, message: pa.Message) -> None:
        self.stated.describe(message.metadata.size)
        self.stated.unpack(MESSAGE)
        root = FlatTable.root(message.metadata.to_pybytes())
        kind, header = root.number(HEADER_TYPE, "<B"), root.table(HEADER)
        if header is not None and kind == RECORD_BATCH:
            self.stated.unpack(_unpacked(header, message.body))
            self.stated.score(_length(header), self.columns * NUMBER)
        if header is not None and kind == DICTIONARY_BATCH:
            self._dictionary(header, message.body)

    def _dictionary(self, header: FlatTable, body: pa.Buffer) -> None:
        data, number = header.table(DATA), header.number(ID, "<q")
        if data is None:
            raise ValueError("a dictionary has no values")
        size = max(_unpacked(data, body), _length(data) * NUMBER)
        if header.number(IS_DELTA, "<B"):  # the whole dictionary is written anew
            size += self.dictionaries.get(number, 0)
        self.dictionaries[number] = size
        self.stated.unpack(size)


def _length(batch: FlatTable) -> int:
    rows = batch.number(LENGTH, "<q")
    if rows < 0:
        raise ValueError("a record batch has less than no rows")
    return rows


def _unpacked(batch: FlatTable, body: pa.Buffer) -> int:
    """Bytes that a batch takes: its body as it is, or what each of its compressed buffers becomes."""
    if batch.table(COMPRESSION) is None:
        return int(body.size)
    return sum(_becomes(body, offset, length) for offset, length in batch.structs(BUFFERS, BUFFER))


def _becomes(body: pa.Buffer, offset: int, length: int) -> int:
    if not length:
        return 0
    if offset < 0 or length < 8 or offset + length > body.size:
        raise ValueError("a buffer lies outside its message")
    (size,) = struct.unpack("<q", body.slice(offset, 8).to_pybytes())
    if size == AS_IT_IS:
        return length
    if size < 0:
        raise ValueError("a buffer states that it becomes less than nothing")
    return int(size)
