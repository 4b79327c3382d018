"""The Lambda Runtime API as one function process sees it."""

import http.server
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

_OVER = None  # in place of an invocation: the process is ending


@dataclass(frozen=True)
class Invocation:
    """One event on its way to a handler."""

    request_id: str
    function_arn: str
    payload: bytes
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What became of an invocation: kind is response, error, init-error, exit or timeout."""

    kind: str
    document: bytes = b""


class RuntimeApi:
    """An HTTP server for exactly one runtime process, which asks on one connection, one thing after the other."""

    def __init__(self) -> None:
        self.invocations: queue.Queue[Invocation | None] = queue.Queue()
        self.started: queue.Queue[float | None] = queue.Queue()  # when the runtime took one; None: it ended
        self.outcomes: queue.Queue[Outcome] = queue.Queue()
        self.ready_at: float | None = None  # when the runtime first asked: its handler is imported
        api = self

        class Handler(_RuntimeHandler):
            runtime = api

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.5,), name="runtime-api", daemon=True).start()

    def close(self) -> None:
        """Lets a waiting runtime go and frees the port."""
        self.invocations.put(_OVER)
        threading.Thread(target=self._shut_down, daemon=True).start()

    def _shut_down(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _RuntimeHandler(http.server.BaseHTTPRequestHandler):
    runtime: RuntimeApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: without this and TCP_NODELAY each call waits 40 ms
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.runtime.ready_at = self.runtime.ready_at or time.time()
        invocation = self.runtime.invocations.get()
        if invocation is _OVER:
            self.close_connection = True
            return
        now = time.time()
        self.runtime.started.put(now)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": int((now + invocation.seconds) * 1000),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Content-Type": "application/json",
        }
        self._answer(200, headers, invocation.payload)

    def do_POST(self) -> None:
        document = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = "init-error" if self.path.endswith("/init/error") else self.path.rsplit("/", 1)[1]
        self.runtime.outcomes.put(Outcome(kind, document))
        self._answer(202, {}, b"")

    def _answer(self, status: int, headers: dict[str, Any], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": len(body)}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Says nothing: these calls are between the cloud and its own child."""
