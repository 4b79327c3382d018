"""Bodies that are made to fill the memory or to hold the interpreter, and the server that goes on."""

import io
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost as xgb

from container.algorithms.xgboost.predictor import Booster
from container.model import Model
from container.serve.media import ARROW, CSV, JSON, LINES, PARQUET
from container.signature import Feature, Signature
from tests.integration.container.pings import PING_SECONDS, slowest_ping
from tests.integration.container.test_serve import free_port, start

MOST_MEMORY = 600  # MB at any time, of which the server has 100 by itself; each of these took more, up to all there is
ROWS = 3_000
LONG = "x" * 1_000_000
GOOD = b"1,2,no\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    base, rows = tmp_path_factory.mktemp("hostile"), np.random.default_rng(3).normal(size=(200, 3))
    booster = xgb.train({"max_depth": 3}, xgb.DMatrix(rows.astype(np.float32), label=rows.sum(axis=1)), 5)
    features = (Feature("a", "number"), Feature("b", "number"), Feature("c", "category", ("no", "yes")))
    signature = Signature("d", "regression", "id", features, "", "y", ("prediction",), "random")
    Model({"model": Booster(booster)}, signature, {}).save(base / "model", golden_of=rows.astype(np.float32))
    port = free_port()
    process = start(str(base), port)
    while not _answers(port):
        assert process.poll() is None
        time.sleep(0.05)
    yield port
    assert _peak(process.pid) < MOST_MEMORY
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ping").status_code == 200
    except httpx.TransportError:
        return False


def _peak(server: int) -> int:
    """The most that any of the server's processes has held, in MB."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    texts = [Path(f"/proc/{each}/status").read_text() for each in (str(server), *children)]
    return max(int(line.split()[1]) >> 10 for text in texts for line in text.splitlines() if line.startswith("VmHWM"))


def table(texts: Any, rows: int = ROWS) -> pa.Table:
    return pa.table({"a": np.zeros(rows), "b": np.zeros(rows), "c": texts})


def arrow(*tables: pa.Table, compression: str | None = None) -> bytes:
    sink, options = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, tables[0].schema, options=options) as writer:
        for each in tables:
            writer.write_table(each)
    return sink.getvalue()


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", **options)
    return sink.getvalue()


def shared(values: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(ROWS, np.int32)), values)


def views() -> pa.Array:
    """As many views of one long text."""
    view = struct.pack("<i4sii", len(LONG), LONG[:4].encode(), 0, 0)
    return pa.Array.from_buffers(pa.string_view(), ROWS, [None, pa.py_buffer(view * ROWS), pa.py_buffer(LONG.encode())])


def large_text() -> bytes:
    part = table(pa.array(["x" * 50_000_000] + [None] * 7), 8)
    return arrow(*[part] * 25, compression="zstd")


def lying() -> bytes:
    """A compressed buffer that states to become a terabyte."""
    body = arrow(table(pa.nulls(ROWS, pa.string())), compression="zstd")
    stated = struct.pack("<q", 8 * ROWS)
    assert stated in body
    return body.replace(stated, struct.pack("<q", 2**40))


def deltas() -> bytes:
    return parquet(table(pa.array(["xy"] * ROWS)), use_dictionary=False, column_encoding={"c": "DELTA_BYTE_ARRAY"})


BODIES: dict[str, tuple[str, Callable[[], bytes], int, str]] = {
    "arrow, texts that pack well": (ARROW, large_text, 413, "unpacks to more than"),
    "arrow, a buffer that lies": (ARROW, lying, 413, "unpacks to more than"),
    "arrow, a text that rows share": (ARROW, lambda: arrow(table(shared(pa.array([LONG])))), 200, ""),
    "arrow, views of one text": (ARROW, lambda: arrow(table(views())), 400, "texts of column 'c' have more than"),
    "arrow, rows without bytes": (ARROW, lambda: arrow(pa.table({n: pa.nulls(10**8) for n in "abc"})), 413, "rows"),
    "parquet, a text that rows share": (
        PARQUET,
        lambda: parquet(table(shared(pa.array([LONG]))), store_schema=False),
        200,
        "",
    ),
    "parquet, texts told by differences": (PARQUET, deltas, 400, "DELTA_BYTE_ARRAY"),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_packed_fills_no_memory_and_the_next_is_answered(port: int, name: str) -> None:
    kind, body, code, reason = BODIES[name]
    url, headers = f"http://127.0.0.1:{port}/invocations", {"content-type": kind, "accept": CSV}
    answer = httpx.post(url, content=body(), headers=headers, timeout=30)
    assert (answer.status_code, reason in answer.text) == (code, True), answer.text
    assert code != 200 or answer.text.count("\n") == ROWS
    assert httpx.post(url, content=GOOD, headers={"content-type": CSV}).status_code == 200


NOTHING = {
    "lists of nothing": (JSON, b'{"instances": [' + b"[]," * 9_900_000 + b"[]]}"),
    "lists in lists": (JSON, b'{"instances": [[' + b"[[[[]]]]," * 2_000_000 + b"[]]]}"),
    "one row": (JSON, b'{"instances": [[' + b"0," * 20_000_000 + b"0]]}"),
    "lists beside the rows": (JSON, b'{"x": [' + b"[]," * 9_000_000 + b'[]], "instances": [[1, 2, "no"]]}'),
    "one line": (LINES, b"[" + b"[]," * 9_900_000 + b"[]]\n"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_ping_answers_beside_json_that_takes_long_to_parse(port: int, name: str) -> None:
    kind, body = NOTHING[name]
    codes = list[int]()

    def send() -> None:
        headers = {"content-type": kind}
        codes.append(httpx.post(f"http://127.0.0.1:{port}/invocations", content=body, headers=headers).status_code)

    slowest = slowest_ping(port, [threading.Thread(target=send) for _ in range(2)])
    assert codes == [400, 400]
    assert slowest < PING_SECONDS, f"{slowest:.3f} s"
