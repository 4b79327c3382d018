"""What the server answers: /ping, /execution-parameters, /invocations and /metrics."""

import asyncio
import json
import time
import traceback
from concurrent.futures import Executor
from dataclasses import dataclass, field

from container.golden_row import GoldenRowMissed
from container.log import log
from container.model import ModelUnusable
from container.serve.cells import BadRequest
from container.serve.counters import Counters
from container.serve.decode import SMALL_BODY
from container.serve.limits import Limits, Room, execution_parameters
from container.serve.media import PACKED, Sent, UnknownType, sent, wanted
from container.serve.parts import Threads
from container.serve.receive import Body, Headers, Refused, drain, held, received
from container.serve.scoring import LargeBody, Scoring
from container.serve.shared import SharedPredictions

TEXT = "text/plain; charset=utf-8"
METHODS = {"/ping": "GET", "/execution-parameters": "GET", "/metrics": "GET", "/invocations": "POST"}


@dataclass(frozen=True)
class Reply:
    """A response."""

    status: int
    content: bytes
    type: str = TEXT
    more: tuple[tuple[str, str], ...] = ()
    rows: int = field(default=0, compare=False)


class Service:
    """One process of the server."""

    def __init__(self, scoring: Scoring, limits: Limits, counters: Counters, pool: Executor, cores: int) -> None:
        self._scoring, self._limits, self._counters, self._pool = scoring, limits, counters, pool
        self._threads = Threads(pool, cores - 1)
        self._shared = SharedPredictions(scoring.model)
        self._room, self._unpacking = Room(limits.bytes_in_flight), Room(limits.bytes_in_flight)
        self._parameters = json.dumps(execution_parameters(limits, cores)).encode()

    async def reply(self, method: str, path: str, headers: Headers, body: Body) -> Reply:
        """The answer to a request; whatever goes wrong is an answer, too."""
        if path == "/invocations" and method == "POST":
            return await self._counted(headers, body)
        if path not in METHODS:
            return _told(404, f"there is no {path[:80]}; there are {', '.join(METHODS)}")
        if method != METHODS[path]:
            return _told(405, f"{path} takes {METHODS[path]}", ("allow", METHODS[path]))
        return self._about(path)

    def _about(self, path: str) -> Reply:
        match path:
            case "/ping":
                return self._ping()
            case "/metrics":
                return Reply(200, self._metrics(), "text/plain; version=0.0.4; charset=utf-8")
            case _:
                return Reply(200, self._parameters, "application/json")

    def _ping(self) -> Reply:
        try:
            self._scoring.golden.check(self._scoring.model)
        except (GoldenRowMissed, ModelUnusable) as error:
            return _told(503, str(error))
        return Reply(200, b"")

    def _metrics(self) -> bytes:
        signature, training = self._scoring.model.signature, self._scoring.model.training
        about = {"dataset": signature.dataset, "task": signature.task, "features_hash": signature.features_hash[:12]}
        about |= {name: str(training.get(name) or "") for name in ("algorithm", "library", "training_job")}
        return self._counters.text(about).encode()

    async def _counted(self, headers: Headers, body: Body) -> Reply:
        started = time.perf_counter()
        try:
            reply = await self._invocation(headers, body)
        except Refused as refused:
            if refused.status in (413, 415, 406, 503):
                await drain(headers, body, self._limits)
            after = () if refused.retry_after is None else (("retry-after", str(refused.retry_after)),)
            reply = _told(refused.status, refused.reason, *after)
        except BadRequest as error:
            reply = _told(400, str(error))
        except Exception as error:
            log("failed", reason=str(error) or type(error).__name__, traceback=traceback.format_exc())
            reply = _told(500, "the server failed; its log says why")
        self._counters.add(reply.status, reply.rows, time.perf_counter() - started)
        return reply

    async def _invocation(self, headers: Headers, body: Body) -> Reply:
        """Score rows; a body that does not fit is refused as a whole, by row and column."""
        try:
            given = sent(headers.get("content-type"))
        except UnknownType as error:
            raise Refused(415, str(error)) from None
        try:
            kind = wanted(headers.get("accept"), given[0])
        except UnknownType as error:
            raise Refused(406, str(error)) from None
        async with received(headers, body, self._limits, self._room) as content:
            if len(content) <= SMALL_BODY and given[0] not in PACKED:
                values = self._scoring.rows(content, given, self._limits)
                answer, rows = self._scoring.text(await self._shared.answer(values), kind), len(values)
            else:
                answer, rows = await self._large(content, given, kind)
        return Reply(200, answer, kind, rows=rows)

    async def _large(self, content: bytes, given: Sent, kind: str) -> tuple[bytes, int]:
        """Score in a thread what would hold up other requests, or may; packed bodies hold what they become, too."""
        loop, limits, size = asyncio.get_running_loop(), self._limits, 0
        large = LargeBody(content, given, kind, time.monotonic() + limits.seconds)
        if given[0] in PACKED:
            stated = (content, given[0], limits)
            size = await loop.run_in_executor(self._pool, self._scoring.unpacked_size, *stated)
        async with held(self._unpacking, size, limits):
            return await loop.run_in_executor(self._pool, self._scoring.answer, large, limits, self._threads)


def _told(status: int, reason: str, *more: tuple[str, str]) -> Reply:
    return Reply(status, (reason + "\n").encode(), TEXT, more)
