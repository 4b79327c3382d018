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
ROW_GROUPS = 4  # of a file
COLUMNS, ROWS = 1, 3  # of a row group
ABOUT_COLUMN = 3  # of its column
COLUMN_VALUES, COLUMN_PACKED, DATA_AT, DICTIONARY_AT = 5, 7, 9, 11  # of that
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


def footer(body: bytes, stated: Stated) -> Struct:
    """A file's metadata; pyarrow ends the process on some. Raises Refused, ValueError."""
    if len(body) < 12 or not body.endswith(MAGIC):
        raise ValueError("it does not end with PAR1")
    (length,) = struct.unpack_from("<I", body, len(body) - FOOTER - len(MAGIC))
    if length > len(body) - 12:
        raise ValueError("its metadata is longer than the file")
    stated.describe(length)
    end = len(body) - FOOTER - len(MAGIC)
    return ThriftReader(memoryview(body)[:end], end - length).struct()


def add(body: bytes, footer: Struct, schema: pq.ParquetSchema, stated: Stated) -> None:
    """Add up what all pages of a file unpack to, without unpacking one; raises Refused, ValueError."""
    columns = [schema.column(place) for place in range(len(schema.names))]
    width = sum(max(NUMBER, column.length) for column in columns)
    for group in _structs(footer, ROW_GROUPS):
        rows = _number(group, ROWS)
        stated.score(rows, width)
        chunks = [_struct(chunk, ABOUT_COLUMN) for chunk in _structs(group, COLUMNS)]
        if len(chunks) != len(columns) or any(_number(chunk, COLUMN_VALUES) != rows for chunk in chunks):
            raise ValueError("a row group has columns without a value for each row")
        for column, chunk in zip(columns, chunks, strict=True):
            for page in _pages(body, chunk, column.path):
                stated.unpack(PAGE + page.unpacked)


@dataclass(frozen=True)
class _Page:
    kind: int
    unpacked: int
    values: int


def _pages(body: bytes, chunk: Struct, column: str) -> Iterator[_Page]:
    """The pages of a column, as far as it has values."""
    first, left = _number(chunk, DATA_AT), _number(chunk, COLUMN_VALUES)
    if chunk.get(DICTIONARY_AT):
        first = min(first, _number(chunk, DICTIONARY_AT))
    reader = ThriftReader(memoryview(body)[: first + _number(chunk, COLUMN_PACKED)], first)
    while left > 0:
        header = reader.struct()
        page = _page(header, column)
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
        raise ValueError("its metadata lacks a number")
    return found


def _struct(within: Struct, field: int) -> Struct:
    found = within.get(field)
    if not isinstance(found, dict):
        raise ValueError("its metadata lacks a part")
    return found


def _structs(within: Struct, field: int) -> list[Struct]:
    found = within.get(field)
    if not isinstance(found, list):
        raise ValueError("its metadata lacks a list")
    return [each for each in found if isinstance(each, dict)]


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
