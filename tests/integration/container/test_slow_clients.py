"""The server's process with clients as the world has them: slow, large, gone, and a server that is told to end."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import xgboost as xgb

from container.algorithms.xgboost.predictor import Booster
from container.model import Model
from container.signature import Feature, Signature
from tests.integration.container.pings import PING_SECONDS, slowest_ping
from tests.integration.container.test_serve import free_port, start

SECONDS = 1.0  # that a body may take
LINE = b"0.12345,-1.5,2.25,0.001,12,3,4,5\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 50 trees, made here."""
    base = tmp_path_factory.mktemp("slow")
    rows = np.random.default_rng(3).normal(size=(500, 8)).astype(np.float32)
    booster = xgb.train({"max_depth": 5}, xgb.DMatrix(rows, label=rows.sum(axis=1)), 50)
    features = tuple(Feature(f"f{place}", "number") for place in range(8))
    signature = Signature("d", "regression", "id", features, "", "y", ("prediction",), "random")
    Model({"model": Booster(booster)}, signature, {}).save(base / "model", golden_of=rows)
    return base


@pytest.fixture(scope="module")
def port(base: Path) -> Iterator[int]:
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_MODEL_SERVER_TIMEOUT", str(SECONDS))
        server = running(base, port)
    with server:
        yield port


class running:
    """A server that answers."""

    def __init__(self, base: Path, port: int) -> None:
        self.process: subprocess.Popen[bytes] = start(str(base), port)
        deadline = time.monotonic() + 30
        while not answers(port):
            assert time.monotonic() < deadline, "no /ping"
            time.sleep(0.05)

    def __enter__(self) -> "running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ping").status_code == 200
    except httpx.TransportError:
        return False


def sent(port: int, head: str, *, body: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(f"POST /invocations HTTP/1.1\r\nhost: model\r\n{head}\r\n\r\n".encode() + body)
    return client


def status(client: socket.socket) -> int:
    return int(client.makefile("rb").readline().split()[1])


def test_who_is_slow_is_cut_off_and_holds_nobody_up(port: int) -> None:
    began = time.monotonic()
    slow = [sent(port, f"content-length: {10 * len(LINE)}", body=LINE) for _ in range(40)]
    slow.append(sent(port, "transfer-encoding: chunked", body=b"21\r\n" + LINE + b"\r\n"))
    for _ in range(5):
        asked = time.monotonic()
        assert httpx.post(f"http://127.0.0.1:{port}/invocations", content=LINE).status_code == 200
        assert time.monotonic() - asked < SECONDS / 2
    assert [status(client) for client in slow] == [408] * len(slow)
    assert SECONDS <= time.monotonic() - began < SECONDS + 10
    sent(port, f"content-length: {10 * len(LINE)}", body=LINE).close()
    time.sleep(0.5)
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'inference_requests_total{code="499"} 1\n' in metrics
    assert f'inference_requests_total{{code="408"}} {len(slow)}\n' in metrics


@pytest.mark.parametrize("rest", [b"", b"ff\r\n1,2", b"zz\r\n"], ids=["no end", "half a chunk", "no chunk"])
@pytest.mark.parametrize("length", [b"", b"content-length: 33\r\n"], ids=["", "with a length"])
def test_a_body_that_breaks_off_between_its_chunks_is_not_scored(port: int, rest: bytes, length: bytes) -> None:
    head = (length + b"transfer-encoding: chunked").decode()
    client = sent(port, head, body=b"21\r\n" + LINE + b"\r\n" + rest)
    client.shutdown(socket.SHUT_WR)
    assert status(client) == 400


def test_the_sender_of_what_is_refused_reads_why(port: int) -> None:
    refused = {"application/x-npy": 415, "text/csv": 413}
    for kind, code in refused.items():
        body = LINE * (110 * 2**20 // len(LINE))
        answer = httpx.post(f"http://127.0.0.1:{port}/invocations", content=body, headers={"content-type": kind})
        assert (answer.status_code, bool(answer.text)) == (code, True)


def test_the_sender_of_too_many_rows_reads_why(port: int) -> None:
    kind = {"content-type": "application/x-ndjson"}
    answer = httpx.post(f"http://127.0.0.1:{port}/invocations", content=b"[]\n" * 5_000_002, headers=kind, timeout=20)
    assert (answer.status_code, "5,000,000 rows" in answer.text) == (413, True)


def test_ping_answers_while_four_large_bodies_are_scored(base: Path) -> None:
    port, body, codes = free_port(), LINE * (50 * 2**20 // len(LINE)), list[int]()

    def score() -> None:
        client = sent(port, f"content-length: {len(body)}", body=body)  # in one call, so that Python is free for pings
        codes.append(status(client))

    with running(base, port):
        slowest = slowest_ping(port, [threading.Thread(target=score) for _ in range(4)], pause=0.1)
    assert codes == [200] * 4
    assert slowest < PING_SECONDS, f"{slowest:.3f} s"


def test_a_request_on_its_way_is_answered_when_the_server_is_told_to_end(base: Path) -> None:
    port = free_port()
    with running(base, port) as server:
        body = LINE * 300_000
        client = sent(port, f"content-length: {len(body)}", body=body[:-1])
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        client.sendall(body[-1:])
        assert status(client) == 200
