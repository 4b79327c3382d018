"""What a Parquet file states of its size: in its footer, and in the header of each page, which is what is unpacked."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.parquet as pq

from container.serve.cells import BadRequest
from container.serve.stated import NUMBER, Stated
from container.serve.thrift import Struct, ThriftReader
from container.signature import Signature

# Numbers of Parquet's format, parquet.thrift: https://parquet.apache.org/docs/file-format/metadata/
TYPE, UNPACKED, PACKED = 1, 2, 3  # of a page's header
DATA_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2 = 0, 2, 3
ABOUT = {DATA_PAGE: 5, DICTIONARY_PAGE: 7, DATA_PAGE_V2: 8}  # where the header says more of a page
VALUES = 1
ENCODING = {DATA_PAGE: 2, DICTIONARY_PAGE: 2, DATA_PAGE_V2: 4}
BOUNDED = (0, 2, 3, 4, 5, 8, 9)  # encodings whose values take no more than their page and their number allow
NAMES = {6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY"}
ENTRY = 16  # bytes that a dictionary's entry takes beside its text
PAGE = 4_000  # as many bytes as reading a page at all is worth
FOOTER, MAGIC = 4, b"PAR1"


def footer_bytes(body: bytes) -> int:
    """The length of a file's metadata, which is read as a whole; raises ValueError."""
    if len(body) < 12 or not body.endswith(MAGIC):
        raise ValueError("it does not end with PAR1")
    (length,) = struct.unpack_from("<I", body, len(body) - FOOTER - len(MAGIC))
    if length > len(body) - 12:
        raise ValueError("its metadata is longer than the file")
    return int(length)


def add(body: bytes, metadata: pq.FileMetaData, stated: Stated) -> None:
    """Add up what all pages of a file unpack to, without unpacking one; raises Refused, ValueError."""
    columns = [metadata.schema.column(place) for place in range(metadata.num_columns)]
    width = sum(max(NUMBER, column.length) for column in columns)
    for place in range(metadata.num_row_groups):
        group = metadata.row_group(place)
        stated.score(group.num_rows, width)
        for number in range(group.num_columns):
            chunk = group.column(number)
            if chunk.num_values != group.num_rows:
                raise ValueError(f"column {chunk.path_in_schema!r} has another number of values than rows")
            for page in _pages(body, chunk):
                stated.unpack(PAGE + page.unpacked)


@dataclass(frozen=True)
class _Page:
    kind: int
    unpacked: int
    values: int


def _pages(body: bytes, chunk: pq.ColumnChunkMetaData) -> Iterator[_Page]:
    """The pages of a column, as far as it has values."""
    first = chunk.data_page_offset
    if chunk.dictionary_page_offset:
        first = min(first, chunk.dictionary_page_offset)
    reader = ThriftReader(memoryview(body)[: max(0, first) + chunk.total_compressed_size], max(0, first))
    left = chunk.num_values
    while left > 0:
        header = reader.struct()
        page = _page(header, chunk.path_in_schema)
        reader.place += _number(header, PACKED)
        if page.kind in (DATA_PAGE, DATA_PAGE_V2):
            left -= page.values
        yield page


def _page(header: Struct, column: str) -> _Page:
    kind, unpacked = _number(header, TYPE), _number(header, UNPACKED)
    about = header.get(ABOUT.get(kind, -1))
    if not isinstance(about, dict):  # readers pass over what they do not know
        return _Page(kind, unpacked, 0)
    values, encoding = _number(about, VALUES), _number(about, ENCODING[kind])
    if encoding not in BOUNDED:
        raise ValueError(
            f"column {column!r} is encoded as {NAMES.get(encoding, encoding)}, of which nobody can tell what it "
            "unpacks to; write it PLAIN or with a dictionary"
        )
    return _Page(kind, unpacked + (values * ENTRY if kind == DICTIONARY_PAGE else 0), values)


def _number(header: Struct, field: int) -> int:
    found = header.get(field)
    if not isinstance(found, int) or found < 0:
        raise ValueError("a page's header lacks a number")
    return found


def texts(metadata: pq.FileMetaData, signature: Signature) -> list[str]:
    """The columns that are read as dictionaries, for a dictionary in the file can be written out to any size."""
    found = []
    for place in range(metadata.num_columns):
        column = metadata.schema.column(place)
        if column.physical_type == "BYTE_ARRAY":
            found.append(column.path)
    for feature in signature.features:
        if feature.type != "category" and feature.name in found:
            raise BadRequest(f"column {feature.name!r} has its numbers as BYTE_ARRAY; write them with a length")
    return found
