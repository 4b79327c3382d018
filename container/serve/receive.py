"""Bodies as they come in: within their size, their time and the room that there is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from granian._granian import RSGIProtocolClosed, RSGIProtocolError

from container.serve.decode import SMALL_BODY
from container.serve.limits import Busy, Limits, Room

GONE = 499  # nobody reads it, but it is counted, under the number that nginx gave it


class Headers(Protocol):
    """A request's headers, by their names in small letters."""

    def get(self, name: str, /) -> str | None: ...


class Body(Protocol):
    """What a client sends: at once when called, or chunk by chunk."""

    async def __call__(self) -> bytes: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Refused(Exception):
    """A request that is answered with a reason instead of predictions."""

    def __init__(self, status: int, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.retry_after = status, reason, retry_after


@asynccontextmanager
async def received(headers: Headers, body: Body, limits: Limits, room: Room) -> AsyncIterator[bytes]:
    """The whole body, whose bytes are held until it has been answered."""
    in_chunks = bool(headers.get("transfer-encoding"))  # whatever is said of the length beside it does not hold
    length = None if in_chunks else headers.get("content-length")
    if length is None:
        async with _chunked(body, limits, room, in_chunks=in_chunks) as content:
            yield content
        return
    size = int(length)
    if size > limits.most_bytes:
        raise too_large(limits)
    # A single row does not wait behind large bodies.
    async with held(room, size if size > SMALL_BODY else 0, limits):
        try:
            async with asyncio.timeout(limits.seconds):
                content = await body()
        except TimeoutError:
            raise _too_slow(limits) from None
        except RSGIProtocolClosed:
            raise Refused(GONE, "the client has gone") from None
        yield content


@asynccontextmanager
async def held(room: Room, size: int, limits: Limits) -> AsyncIterator[None]:
    """Hold as many bytes of the memory for bodies, after waiting for them for a while."""
    try:
        await room.take(size, limits.wait_seconds)
    except Busy:
        raise busy() from None
    try:
        yield
    finally:
        room.give(size)


@asynccontextmanager
async def _chunked(body: Body, limits: Limits, room: Room, *, in_chunks: bool) -> AsyncIterator[bytes]:
    """A body that does not say how long it is; it takes room as it grows, and never waits while it holds some."""
    content, taken = bytearray(), 0
    try:
        try:
            async with asyncio.timeout(limits.seconds):
                async for chunk in body:
                    if in_chunks and not chunk:  # what granian makes of a chunk that is cut short or none
                        raise Refused(400, "the body breaks off before its last chunk; no row of it is scored")
                    if taken + len(chunk) > limits.most_bytes:
                        raise too_large(limits)
                    if not room.took(len(chunk)):
                        raise busy()
                    taken += len(chunk)
                    content += chunk
        except TimeoutError:
            raise _too_slow(limits) from None
        except RSGIProtocolClosed:
            raise Refused(GONE, "the client has gone") from None
        yield bytes(content)
    finally:
        room.give(taken)


async def drain(headers: Headers, body: Body, limits: Limits) -> None:
    """Read on for a while, for a client that is still sending does not see the answer."""
    if headers.get("expect"):
        return  # it waits for the answer before it sends anything
    left = 2 * limits.most_bytes
    with suppress(TimeoutError, RSGIProtocolClosed, RSGIProtocolError):  # all of it may have been read
        async with asyncio.timeout(limits.drain_seconds):
            async for chunk in body:
                left -= len(chunk)
                if left < 0:
                    return


def too_large(limits: Limits) -> Refused:
    """The refusal of a body above the limit."""
    most = limits.most_bytes / 2**20
    return Refused(413, f"the body has more than {most:.0f} MB; send fewer rows at once")


def busy() -> Refused:
    """The refusal while other bodies fill the memory."""
    return Refused(503, "other requests fill the memory that bodies may take; send it again", retry_after=1)


def _too_slow(limits: Limits) -> Refused:
    return Refused(408, f"the body did not come within {limits.seconds:g} seconds; send fewer rows at once")
