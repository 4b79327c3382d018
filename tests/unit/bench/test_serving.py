"""The benchmark of serving: it believes no answer unseen, and calls a goal missed when it is."""

import asyncio
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from bench.serving.answers import WrongAnswer, compare, numbers
from bench.serving.client import Asking, Load, ask
from bench.serving.figures import Batches, Figures, Limit, Start, medians
from bench.serving.goals import judged
from bench.serving.messages import parse

EXPECTED = np.array([1.5, 0.1], dtype=np.float32)


@pytest.mark.parametrize(
    "body",
    [
        b"1.5\n0.1\n",
        b'{"predictions": [1.5, 0.1]}',
        b'{"predictions": [{"prediction": 1.5}, {"prediction": 0.1}]}',
        b"[1.5, 0.1]",
    ],
)
def test_the_answers_of_every_server_are_read_as_numbers(body: bytes) -> None:
    compare(numbers(body), EXPECTED, exactly=True)


def test_ours_may_not_differ_by_a_bit_and_a_peers_only_by_its_rounding() -> None:
    nearly = EXPECTED.astype(np.float64)
    nearly[1] = np.nextafter(EXPECTED[1], np.float32(1))
    compare(nearly, EXPECTED, exactly=False)
    with pytest.raises(WrongAnswer, match="1 of 2 predictions differ; row 2"):
        compare(nearly, EXPECTED, exactly=True)
    with pytest.raises(WrongAnswer, match="row 1"):
        compare(EXPECTED[::-1].astype(np.float64), EXPECTED, exactly=False)
    with pytest.raises(WrongAnswer, match="1 predictions for 2 rows"):
        compare(nearly[:1], EXPECTED, exactly=False)


def test_an_answer_is_read_when_it_is_whole_and_not_before() -> None:
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n1.5\n"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n1.\r\n2\r\n5\n\r\n0\r\n\r\n"
    assert parse(plain) == (200, b"1.5\n", True)
    assert parse(chunked) == (200, b"1.5\n", False)
    assert all(parse(plain[:end]) is None for end in range(len(plain)))
    assert all(parse(chunked[:end]) is None for end in range(len(chunked) - 4))


class ClosesAndCounts(BaseHTTPRequestHandler):
    """Answers with how many requests there were so far, and closes, as some servers do after each request."""

    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked += 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"%02d" % type(self).asked)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing to say."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), ClosesAndCounts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_client_asks_as_often_as_told_and_notices_that_equal_requests_are_answered_differently(
    port: int, tmp_path: Path
) -> None:
    (tmp_path / "body").write_bytes(b"1,2,3\n")
    load = Load(port, os.getpid(), "/", "text/csv", [str(tmp_path / "body")], 2, str(tmp_path), requests=6)
    outcome = asyncio.run(ask(Asking(load)))
    assert (outcome.requests, len(outcome.latencies), ClosesAndCounts.asked) == (6, 6, 6)
    assert outcome.failures == ["another answer to body 0 than before"] * 5
    assert len((tmp_path / "0").read_bytes()) == 2


def batches(server: str, clients: int, cpu: float, rows: float = 1e5) -> Batches:
    return Batches(400, server, "one thread", clients, rows, cpu, 0.0)


def figures(*found: Batches, start: float = 0.5) -> Figures:
    return Figures([Limit(400, 2e5, 5e-6)], list(found), [], [Start("ours", "batch", start, 150.0)], [], {})


def test_a_goal_is_reached_only_if_it_is_with_every_number_of_clients() -> None:
    ours = batches("ours", 1, 6e-6), batches("ours", 2, 6e-6)
    good = judged(figures(*ours, batches("flask", 1, 8e-6), batches("flask", 2, 9e-6)))
    assert all(goal.reached for goal in good)
    missed = [
        goal
        for goal in judged(figures(*ours, batches("flask", 1, 7e-6), batches("flask", 2, 9e-6)))
        if not goal.reached
    ]
    assert [goal.what for goal in missed] == [
        "400 trees, 6 MB of CSV: rows per CPU second, times those of flask one thread"
    ]
    assert str(missed[0]).startswith("MISSED")
    assert [goal.goal for goal in judged(figures(*ours, start=1.5)) if not goal.reached] == [1.0]


def test_of_several_rounds_the_medians_are_told() -> None:
    rounds = [batches("ours", 1, cpu, rows) for cpu, rows in ((3e-6, 1.0), (1e-6, 2.0), (9e-6, 9.0))]
    assert medians([*rounds, batches("ours", 2, 5e-6)], lambda each: each.clients) == [
        batches("ours", 1, 3e-6, 2.0),
        batches("ours", 2, 5e-6),
    ]
