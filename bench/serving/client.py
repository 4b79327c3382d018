"""Keep-alive connections that ask one after the other, in a process of its own: `python -m bench.serving.client`.

Reads a Load as JSON and prints what came of it, the processor time of the server and of itself included.
"""

import asyncio
import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.serving.messages import parse, request
from bench.serving.usage import cpu_seconds

LONGEST = 120.0  # seconds that anything may take


@dataclass(frozen=True)
class Load:
    """What is sent, over how many connections, until so many answers have come or so much time is over."""

    port: int
    pid: int
    path: str
    content_type: str
    bodies: list[str]  # files
    connections: int
    answers: str  # folder for the first answer to each body
    requests: int = 1_000_000
    seconds: float = LONGEST


@dataclass
class Outcome:
    """What came of a load."""

    seconds: float = 0.0
    requests: int = 0
    failures: list[str] = field(default_factory=list)  # answers other than 200, and other answers to an equal request
    latencies: list[float] = field(default_factory=list)
    server_cpu: float = 0.0
    client_cpu: float = 0.0


class Asking:
    """All connections together: which body is next, and what was answered."""

    def __init__(self, load: Load) -> None:
        self.load = load
        bodies = [Path(name).read_bytes() for name in load.bodies]
        self.requests = [request(load.path, load.content_type, body) for body in bodies]
        self.digests: dict[int, bytes] = {}
        self.outcome = Outcome()
        self.asked, self.until = 0, float("inf")

    def next(self) -> int | None:
        """The number of the body to send, or None when it is enough."""
        if self.asked >= self.load.requests or time.perf_counter() >= self.until:
            return None
        self.asked += 1
        return self.asked % len(self.requests)

    def answered(self, number: int, status: int, body: bytes, began: float) -> None:
        self.outcome.latencies.append(time.perf_counter() - began)
        self.outcome.requests += 1
        digest = hashlib.blake2b(body).digest()
        if status != 200:
            self.outcome.failures.append(f"{status} {body[:200]!r}")
        elif number not in self.digests:
            self.digests[number] = digest
            (Path(self.load.answers) / str(number)).write_bytes(body)
        elif self.digests[number] != digest:
            self.outcome.failures.append(f"another answer to body {number} than before")


class Connection(asyncio.Protocol):
    """One client: sends, reads the whole answer, sends the next; opens a new connection where a server closes."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.done = asyncio.get_running_loop().create_future()
        self.number: int | None = None
        self.began = 0.0
        self.received = bytearray()
        self.transport: asyncio.Transport | None = None

    def ask(self) -> None:
        """Send the next body, over a new connection if there is none."""
        self.number, self.began = self.asking.next(), time.perf_counter()
        if self.number is None:
            self._end(None)
        elif self.transport:
            self.transport.write(self.asking.requests[self.number])
        else:
            loop, port = asyncio.get_running_loop(), self.asking.load.port
            opening = loop.create_task(loop.create_connection(lambda: self, "127.0.0.1", port))
            opening.add_done_callback(lambda opened: self._end(opened.exception()) if opened.exception() else None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received = transport, bytearray()
        if self.number is not None:
            transport.write(self.asking.requests[self.number])

    def data_received(self, data: bytes) -> None:
        self.received += data
        answer = parse(bytes(self.received))
        if answer is None or self.number is None:
            return
        status, body, closes = answer
        self.asking.answered(self.number, status, body, self.began)
        self.received, self.number = bytearray(), None
        if closes and self.transport:
            self.transport.close()  # goes on when it is lost
        else:
            self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.number is not None:
            self.asking.outcome.failures.append(f"the connection was lost: {error}")
        if not self.done.done():
            self.ask()

    def _end(self, error: BaseException | None) -> None:
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)
        if self.transport:
            self.transport.close()


async def ask(asking: Asking) -> Outcome:
    """Send the load and wait for the last answer."""
    load = asking.load
    began, client, server = time.perf_counter(), time.process_time(), cpu_seconds(load.pid)
    asking.until = began + load.seconds
    connections = [Connection(asking) for _ in range(load.connections)]
    for each in connections:
        each.ask()
    async with asyncio.timeout(LONGEST + load.seconds):
        await asyncio.gather(*(each.done for each in connections))
    outcome = asking.outcome
    outcome.seconds = time.perf_counter() - began
    outcome.client_cpu, outcome.server_cpu = time.process_time() - client, cpu_seconds(load.pid) - server
    return outcome


def main() -> None:
    """Warm up with one request per connection, then measure."""
    load = Load(**json.load(sys.stdin))
    warm = Asking(Load(**{**asdict(load), "requests": load.connections}))
    asyncio.run(ask(warm))
    print(json.dumps(asdict(asyncio.run(ask(Asking(load))))))


if __name__ == "__main__":
    main()
