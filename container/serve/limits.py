"""How much a request may bring, how long it may take, and how much all of them may hold at once."""

import asyncio
import os
from collections import deque
from dataclasses import dataclass

from container.machine import cores, memory_bytes

MOST_BYTES = 100 * 2**20  # SageMaker sends no larger payload
MOST_ROWS = 5_000_000
SHARE_OF_MEMORY = 8  # a body of JSON takes about that many times its size while it is read
MOST_UNPACKED = 2**30  # bytes that Arrow or Parquet may become
PAYLOADS_AT_ONCE = 100  # MB: SageMaker's limit of MaxConcurrentTransforms x MaxPayloadInMB
DEFAULT_PAYLOAD = 6  # MB, of batch transform


class Busy(Exception):
    """There is no room for one more body now."""


@dataclass(frozen=True)
class Limits:
    """Of one server process."""

    seconds: float  # to bring a body in, and then to have it scored
    bytes_in_flight: int
    most_bytes: int = MOST_BYTES
    most_rows: int = MOST_ROWS
    wait_seconds: float = 10.0  # for room, before a client is told to come again
    drain_seconds: float = 5.0  # for what is left of a refused body, so that its sender reads the answer

    @property
    def most_unpacked(self) -> int:
        """Bytes that one packed body may become; all of them together may become `bytes_in_flight`."""
        return min(MOST_UNPACKED, self.bytes_in_flight)

    @classmethod
    def of_this_machine(cls, processes: int) -> "Limits":
        """As memory allows, shared by the server's processes; SAGEMAKER_MODEL_SERVER_TIMEOUT sets the time."""
        seconds = float(os.environ.get("SAGEMAKER_MODEL_SERVER_TIMEOUT") or (600 if in_batch() else 60))
        room = memory_bytes() // SHARE_OF_MEMORY // processes
        return cls(seconds, room, most_bytes=min(MOST_BYTES, room))


def in_batch() -> bool:
    """Whether SageMaker runs this server for batch transform."""
    return os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"


def processes() -> int:
    """One in batch, where threads share the cores; one per core behind an endpoint."""
    return 1 if in_batch() else cores()


def execution_parameters(limits: Limits, cores: int) -> dict[str, int | str]:
    """What batch transform should send: enough at once for the cores, no more than memory holds."""
    most = limits.bytes_in_flight // 2**20
    concurrent = max(1, min(2 * cores, PAYLOADS_AT_ONCE, most))
    payload = max(1, min(DEFAULT_PAYLOAD, PAYLOADS_AT_ONCE // concurrent, most // concurrent))
    return {"MaxConcurrentTransforms": concurrent, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": payload}


class Room:
    """Bytes that bodies may hold at once; who finds none waits for its turn."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int, seconds: float) -> None:
        """Hold as many bytes, or be told that all are held for too long."""
        if (not self._waiting or not size) and self.took(size):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.give(size)
            else:
                turn.cancel()
                self._call()
            if isinstance(error, TimeoutError):
                raise Busy from None
            raise

    def took(self, size: int) -> bool:
        """Hold as many bytes if they are free now."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def give(self, size: int) -> None:
        """Give back what was held."""
        self._free += size
        self._call()

    def _call(self) -> None:
        while self._waiting and (self._waiting[0][1].done() or self.took(self._waiting[0][0])):
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
