"""Whatever is dropped ends as accepted rows, rejected rows or a refused file with a reason; nothing stops the run."""

import gzip
import os
import random
import resource
import time
from collections.abc import Callable

import duckdb
import pytest

from evergreen.contract import Contract
from tests.integration.container.taking import table, take

HEADER = b"id,note,day,y\n"
ROW = b"7,fine,2020-12-31,1.5\n"
GOOD = HEADER + ROW
MOST_MEGABYTES = 400
CONTRACT = table(
    {"id": "integer", "note": "text", "day": {"type": "timestamp", "formats": ["%Y-%m-%d"]}, "y": "number"},
    max_bytes=200_000_000,
)


def parquet() -> bytes:
    path = f"/tmp/bad_input_{os.getpid()}.parquet"
    query = "SELECT range AS id, 'x' AS note, DATE '2020-12-31' AS day, 1.5 AS y FROM range(5000)"
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    with open(path, "rb") as stream:
        content = stream.read()
    os.unlink(path)
    return content


def wide() -> bytes:
    names = ",".join(f"c{number}" for number in range(10_000)).encode()
    return b"id,note,day,y," + names + b"\n" + (b"7,fine,2020-12-31,1.5," + b"1," * 9_999 + b"1\n") * 50


REFUSED, ROWS = "refused", "rows"
CASES: dict[str, tuple[Callable[[], bytes], str, tuple[str, ...], str]] = {
    # name: content, refused or rows, rules, words of the first reason
    "empty file": (lambda: b"", REFUSED, ("empty_file",), "needs a header"),
    "empty archive": (lambda: gzip.compress(b""), REFUSED, ("empty_file",), "needs a header"),
    "line ends only": (lambda: b"\n\n\n", REFUSED, ("empty_file",), "needs a header"),
    "header only": (lambda: HEADER, REFUSED, ("no_rows",), "no rows"),
    "header without a line end": (HEADER.strip, REFUSED, ("no_rows",), "no rows"),
    "header twice": (lambda: HEADER + GOOD, ROWS, ("type", "type", "type"), "'id' is not a whole number"),
    "blank lines": (lambda: HEADER + b"\n" + ROW + b"\r\n\n" + ROW + b"\n\n", ROWS, (), ""),
    "only commas": (lambda: GOOD + b",,,\n", ROWS, ("empty_row",), "no value at all"),
    "too few fields": (lambda: GOOD + b"7,fine\n", ROWS, ("too_few_fields",), "2 fields where the header has 4"),
    "too many fields": (lambda: GOOD + b"7,a,b,2020-12-31,1\n", ROWS, ("too_many_fields",), "5 fields"),
    "empty fields too many": (lambda: GOOD + b"7,a,2020-12-31,1,\n", ROWS, ("too_many_fields",), "5 fields"),
    "mixed delimiters": (lambda: GOOD + ROW.replace(b",", b";"), ROWS, ("too_few_fields",), "1 fields"),
    "line end in quotes": (lambda: GOOD + b'7,"a\nb\r\nc",2020-12-31,1\n', ROWS, (), ""),
    "return in quotes": (lambda: GOOD + b'7,"a\rb",2020-12-31,1\n', ROWS, (), ""),
    "unbalanced quote": (lambda: GOOD + b'7,"a,2020-12-31,1\n' + ROW, ROWS, ("unbalanced_quote",), "quote is opened"),
    "quote never closed": (lambda: HEADER + b'7,"' + ROW * 20_000, ROWS, ("unbalanced_quote",), "quote is opened"),
    "NUL in a row": (lambda: GOOD + b"7,a\0b,2020-12-31,1\n", ROWS, ("binary",), "NUL character"),
    "NUL in the header": (lambda: b"\0" + GOOD, REFUSED, ("not_a_csv",), "NUL characters"),
    "UTF-16 without a mark": (lambda: GOOD.decode().encode("utf-16-le"), REFUSED, ("not_a_csv",), "encoding: utf-16"),
    "half a UTF-16 character": (lambda: GOOD.decode().encode("utf-16")[:-1], REFUSED, ("encoding",), "not utf-16"),
    "binary": (lambda: random.Random(7).randbytes(100_000), REFUSED, ("encoding",), "is not UTF-8"),
    "NULs alone": (lambda: bytes(5_000_000), REFUSED, ("line_too_long",), "longer than"),
    "Excel": (lambda: b"PK\x03\x04\x14\0\x06\0", REFUSED, ("not_a_csv",), "Excel workbook"),
    "old Excel": (lambda: b"\xd0\xcf\x11\xe0\0", REFUSED, ("not_a_csv",), "old Excel workbook"),
    "PDF": (lambda: b"%PDF-1.7", REFUSED, ("not_a_csv",), "PDF"),
    "zipped Excel": (lambda: gzip.compress(b"PK\x03\x04\x14"), REFUSED, ("not_a_csv",), "Excel workbook"),
    "old Mac": (lambda: GOOD.replace(b"\n", b"\r") * 1, ROWS, (), ""),
    "long line": (lambda: GOOD + b"x" * 100_000_000, REFUSED, ("line_too_long",), "longer than 1,000,000 bytes"),
    "long header": (lambda: b"x" * 100_000_000, REFUSED, ("line_too_long",), "longer than 1,000,000 bytes"),
    "long value": (lambda: GOOD + b"7," + b"x" * 999_000 + b",2020-12-31,1\n", ROWS, (), ""),
    "many long wrong values": (
        lambda: HEADER + (b"7,a,2020-12-31," + b"x" * 900_000 + b"\n") * 60 + ROW * 61,
        ROWS,
        ("type",) * 60,
        "is not a number",
    ),
    "10,000 columns": (wide, ROWS, (), ""),
    "names twice, not ours": (lambda: b"id,note,day,y,z,z\n7,a,2020-12-31,1,1,1\n", ROWS, (), ""),
    "names twice, ours": (lambda: b"id,note,day,y,y\n7,a,2020-12-31,1,1\n", REFUSED, ("double_column",), "'y' 2 times"),
    "all rows rejected": (
        lambda: HEADER + ROW.replace(b"7", b"six") * 3,
        REFUSED,
        ("type", "type", "type", "too_many_rejected"),
        "'six'",
    ),
    "beyond 64 bits": (lambda: GOOD + ROW.replace(b"7", b"9223372036854775808"), ROWS, ("type",), "within 64 bits"),
    "largest of 64 bits": (lambda: GOOD + ROW.replace(b"7", b"-9223372036854775808"), ROWS, (), ""),
    "endless number": (
        lambda: GOOD + ROW.replace(b"1.5", b"1e400") + ROW.replace(b"1.5", b"-Inf"),
        ROWS,
        ("type", "type"),
        "'1e400' is not a number",
    ),
    "NaN": (lambda: GOOD + ROW.replace(b"1.5", b"NaN") + ROW.replace(b"7", b"NaN"), ROWS, (), ""),
    "first and last years": (lambda: GOOD + b"7,a,0001-01-01,1\n7,a,9999-12-31,1\n", ROWS, (), ""),
    "impossible dates": (lambda: GOOD + b"7,a,2020-02-30,1\n7,a,10000-01-01,1\n", ROWS, ("type", "type"), "not a date"),
    "gzip bomb": (lambda: gzip.compress(HEADER + b"\n" * 250_000_000, 1), REFUSED, ("file_too_large",), "200,000,000"),
    "truncated gzip": (lambda: gzip.compress(GOOD * 999)[:-20], REFUSED, ("not_a_csv",), "archive is damaged"),
    "changed gzip": (lambda: gzip.compress(GOOD)[:-8] + bytes(8), REFUSED, ("not_a_csv",), "archive is damaged"),
    "half a gzip header": (lambda: b"\x1f\x8b", REFUSED, ("not_a_csv",), "archive is damaged"),
    "gzip twice": (lambda: gzip.compress(gzip.compress(GOOD)), REFUSED, ("not_a_csv",), "gzip archive within"),
    "truncated Parquet": (lambda: parquet()[:-9], REFUSED, ("damaged_parquet",), "cannot be read"),
    "Parquet": (parquet, ROWS, (), ""),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_with_a_reason_in_bounded_memory_and_time(name: str) -> None:
    content, ending, rules, words = CASES[name]
    body = content()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    taken = take(body, CONTRACT)
    assert time.monotonic() - start < 10
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MEGABYTES
    assert taken.report.refused == (ending == REFUSED)
    assert tuple(row["rule"] for row in taken.rejected) == rules
    assert words in (taken.rejected[0]["reason"] if taken.rejected else "")
    assert taken.report.rows or taken.report.refused


def test_an_expanded_file_over_the_limit_leaves_the_disk_alone(tmp_path: os.PathLike[str]) -> None:
    small: Contract = table({"id": "integer", "y": "number"}, max_bytes=1000)
    for body in (b"id,y\n" + b"1,2\n" * 1000, gzip.compress(b"id,y\n" + b"1,2\n" * 1000)):
        assert take(body, small).rejected[-1]["rule"] == "file_too_large"
    assert take(parquet(), small).rejected[-1]["rule"] == "file_too_large"
