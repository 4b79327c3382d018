"""How long /ping takes while large bodies are on their way and being scored."""

import http.client
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from statistics import median

from bench.serving.answers import compare, numbers
from bench.serving.figures import Ping
from bench.serving.processes import Running

BODIES, PAUSE, LONGEST = 4, 0.05, 120.0


def pings(running: Running) -> Ping:
    """Ask again and again, each time over a new connection, until all large bodies are answered."""
    body = running.material.large.read_bytes()
    with ThreadPoolExecutor(BODIES) as pool:
        sending = [pool.submit(_score, running, body) for _ in range(BODIES)]
        found = _ask(running.port, running.server.health, sending)
    answered = Counter(each.result() for each in sending)
    return Ping(
        variant=running.server.variant,
        asked=len(found),
        worst=max(found),
        p50=median(found),
        bodies=", ".join(f"{count} × {status}" for status, count in answered.items()),
    )


def _ask(port: int, path: str, sending: "list[Future[int]]") -> list[float]:
    found = []
    while not all(each.done() for each in sending):
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        connection.request("GET", path)
        assert connection.getresponse().status == 200
        connection.close()
        found.append(time.perf_counter() - began)
        time.sleep(PAUSE)
    return found


def _score(running: Running, body: bytes) -> int:
    """The status of the answer; where it is 200 its first and last predictions are compared."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=LONGEST)
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": "text/csv", "Accept": "text/csv"})
        answer = connection.getresponse()
        content = answer.read()
    except ConnectionError:  # refused before the body was read
        return 0
    finally:
        connection.close()
    if answer.status == 200:
        expected, found = running.material.predictions(), numbers(content)
        for part in (found[: len(expected)], found[-len(expected) :]):
            compare(part, expected, exactly=True)
    return answer.status
