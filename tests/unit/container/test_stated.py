"""What packed bodies state of their size is added up before anything is unpacked."""

import io
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from container.serve import stated
from container.serve.cells import BadRequest
from container.serve.decode_columns import arrow_size, from_arrow, from_parquet, parquet_size
from container.serve.limits import Limits
from container.serve.receive import Refused
from container.serve.thrift import ThriftReader
from container.signature import Feature, Signature

FEATURES = (Feature("a", "number"), Feature("b", "integer"), Feature("c", "category", ("no", "yes")))
SIGNATURE = Signature("d", "regression", "id", FEATURES, "", "y", ("prediction",), "random")
ROWS = 2_000
TABLE = pa.table(
    {
        "a": np.linspace(0, 1, ROWS),
        "b": pa.array([None, 3] * (ROWS // 2)),
        "c": pa.array(["no", "yes", None, "why"] * (ROWS // 4)),
    }
)
CODECS = ["none", "snappy", "zstd", "lz4", "gzip"]


def limits(most: int = 10**9, rows: int = ROWS) -> Limits:
    return Limits(60, most, most_rows=rows)


def arrow(table: pa.Table, compression: str | None = None, size: int = 300) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=size)
    return sink.getvalue()


def parquet(compression: str = "none", **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, compression=compression, row_group_size=700, **options)
    return sink.getvalue()


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_a_stream_states_what_its_batches_become(compression: str | None) -> None:
    body = arrow(TABLE, compression)
    held = sum(batch.nbytes for batch in pa.ipc.open_stream(body))
    assert held <= arrow_size(body, SIGNATURE, limits()) <= held + 8 * 3 * ROWS + 1_500 * 8
    with pytest.raises(Refused, match="unpacks to more than"):
        arrow_size(body, SIGNATURE, limits(held))
    with pytest.raises(Refused, match="more than 1,999 rows"):
        arrow_size(body, SIGNATURE, limits(rows=ROWS - 1))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", CODECS)
def test_a_file_states_what_its_pages_become(compression: str, version: str) -> None:
    body = parquet(compression, data_page_version=version, data_page_size=500, write_batch_size=100)
    metadata = pq.ParquetFile(io.BytesIO(body)).metadata
    held = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    assert parquet_size(body, SIGNATURE, limits()) > held / 2 + 8 * 3 * ROWS  # headers of pages are in the footer's sum
    with pytest.raises(Refused, match="unpacks to more than"):
        parquet_size(body, SIGNATURE, limits(8 * 3 * ROWS))
    with pytest.raises(Refused, match="more than 1,999 rows"):
        parquet_size(body, SIGNATURE, limits(rows=ROWS - 1))


@pytest.mark.parametrize("compression", CODECS)
def test_files_of_every_codec_and_streams_come_to_the_same_numbers(compression: str) -> None:
    found = from_parquet(parquet(compression), SIGNATURE)
    np.testing.assert_array_equal(found, from_arrow(arrow(TABLE), SIGNATURE))
    encoded = TABLE.set_column(2, "c", TABLE.column("c").dictionary_encode())
    np.testing.assert_array_equal(found, from_arrow(arrow(encoded, "zstd"), SIGNATURE))
    viewed = TABLE.set_column(2, "c", TABLE.column("c").cast(pa.string_view()))
    np.testing.assert_array_equal(found, from_arrow(arrow(viewed, size=ROWS), SIGNATURE))


def test_long_metadata_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stated, "MOST_METADATA", 100)
    with pytest.raises(Refused, match="metadata"):
        arrow_size(arrow(TABLE), SIGNATURE, limits())
    with pytest.raises(Refused, match="metadata"):
        parquet_size(parquet(), SIGNATURE, limits())


def test_bytes_that_are_damaged_are_told_or_read_but_end_nothing() -> None:
    chance = random.Random(11)
    for body, size, read in (
        (arrow(TABLE, "zstd"), arrow_size, from_arrow),
        (parquet("zstd"), parquet_size, from_parquet),
    ):
        read_well, told = 0, list[str]()
        for _ in range(150):
            damaged = bytearray(body)
            for _ in range(chance.choice([1, 3])):
                damaged[chance.randrange(len(damaged))] = chance.choice([0, 1, 127, 128, 255])
            try:
                size(bytes(damaged), SIGNATURE, limits())
                read_well += read(bytes(damaged), SIGNATURE).shape == (ROWS, 3)
            except (BadRequest, Refused) as error:
                told.append(str(error))
        assert all(told)
        assert read_well + len(told) == 150
        assert told


def test_a_header_that_readers_could_read_differently_is_refused() -> None:
    once, twice = b"\x15\x00\x15\x08\x00", b"\x15\x00\x05\x02\x08\x00"
    assert ThriftReader(once, 0).struct() == {1: 0, 2: 4}
    with pytest.raises(ValueError, match="twice"):
        ThriftReader(twice, 0).struct()
    with pytest.raises(ValueError, match="cut short"):
        ThriftReader(once[:3], 0).struct()
