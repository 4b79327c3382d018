"""The server's process: a model and what answers for it, as granian calls it."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from container.directories import Directories
from container.machine import cores
from container.serve.counters import Counters
from container.serve.limits import Limits, processes
from container.serve.scoring import Scoring
from container.serve.service import Service

if TYPE_CHECKING:
    from granian._granian import RSGIHTTPProtocol
    from granian.rsgi import Scope

NICE = 5


class App:
    """RSGI, granian's own interface: a third of ASGI's cost for a single row."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __rsgi__(self, scope: "Scope", protocol: "RSGIHTTPProtocol") -> None:
        reply = await self._service.reply(scope.method, scope.path, scope.headers, protocol)
        protocol.response_bytes(reply.status, [("content-type", reply.type), *reply.more], reply.content)


def create() -> App:
    """Load the model before the first request; without it the server does not start."""
    scoring, limits = Scoring.load(Directories.of_sagemaker()), Limits.of_this_machine(processes())
    pool = ThreadPoolExecutor(cores(), "scoring", _yield_to_requests)
    return App(Service(scoring, limits, Counters.of_this_process(), pool, cores()))


def _yield_to_requests() -> None:
    """A thread that scores lets the loop go first: /ping must be answered while large bodies are scored."""
    with suppress(OSError):  # only Linux has it for one thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
