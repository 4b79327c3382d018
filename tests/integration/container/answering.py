"""A model's answers without a server: requests to its service, in this process."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from container.directories import Directories
from container.serve.counters import Counters
from container.serve.limits import Limits
from container.serve.scoring import Scoring
from container.serve.service import Reply, Service

LIMITS = Limits(seconds=20, bytes_in_flight=50_000_000)


@dataclass
class Sent:
    """A body as it comes in: chunk by chunk, each some time after the one before."""

    chunks: Sequence[bytes]
    seconds_between: float = 0.0

    async def __call__(self) -> bytes:
        return b"".join([chunk async for chunk in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            await asyncio.sleep(self.seconds_between)
            yield chunk


@dataclass(frozen=True)
class Asked:
    """A request of /invocations, or of another path."""

    body: bytes | Sent = b""
    headers: Mapping[str, str] | None = None
    path: str = "/invocations"
    length_told: bool = True

    @property
    def method(self) -> str:
        return "POST" if self.path == "/invocations" else "GET"

    def sent(self) -> tuple[Mapping[str, str], Sent]:
        body = self.body if isinstance(self.body, Sent) else Sent([self.body])
        length = {"content-length": str(sum(map(len, body.chunks)))} if self.length_told else {}
        return {**length, **(self.headers or {})}, body


def ask(base: Path, *requests: Asked, **limits: float) -> list[Reply]:
    """The answers of a model below a base to requests at the same time."""

    async def answers() -> list[Reply]:
        with ThreadPoolExecutor(2) as pool:
            held = replace(LIMITS, **limits)  # type: ignore[arg-type]
            service = Service(Scoring.load(Directories(base)), held, Counters(None), pool, 2)
            return await asyncio.gather(*(service.reply(each.method, each.path, *each.sent()) for each in requests))

    return asyncio.run(answers())
