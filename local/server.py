"""moto's WSGI application behind an HTTP server that keeps connections open."""

import functools
import html
import io
import json
import logging
import socket
import threading
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, DechunkedInput, make_server

from local.writes import Writes

log = logging.getLogger(__name__)


class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]  # moto is untyped
    """moto's dispatcher, with writes in turn, and without reading the list of services from disk on every request."""

    def __init__(self, writes: Writes) -> None:
        super().__init__(create_backend_app)
        self._writes = writes

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with self._writes.during(environ):
            return super().__call__(environ, start_response)

    @functools.lru_cache(maxsize=256)  # noqa: B019  # lives as long as the cloud
    def get_backend_for_host(self, host: str | None) -> Any:
        return super().get_backend_for_host(host)


class KeepAliveHandler(MotoRequestHandler):  # type: ignore[misc]  # moto is untyped
    """Reads each request whole and answers with a Content-Length, so that one connection serves many requests.

    Werkzeug's own handler closes the connection after every answer, which costs a connection and a thread per call.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_expect_100(self) -> bool:
        """Tells the client at once to send its body: botocore would wait a second for this line."""
        going_on: bool = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def run_wsgi(self) -> None:
        self.environ = environ = self.make_environ()
        body = self._read_body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            answer[:] = [status, headers]
            return chunks.append

        chunks: list[bytes] = []
        try:
            chunks.extend(self.server.app(environ, start_response))
        except Exception as error:
            missing = isinstance(error, NotImplementedError)  # 501 is not tried again by the SDKs
            log.error("%s %s failed: %s", self.command, self.path, error, exc_info=None if missing else error)
            answer[:] = ["501 Not Implemented" if missing else "500 Internal Server Error", []]
            chunks[:] = [_failure(error, is_json="HTTP_X_AMZ_TARGET" in environ)]
        self._answer(answer[0], answer[1], b"".join(chunks))

    def _read_body(self, environ: dict[str, Any]) -> bytes:
        if isinstance(environ["wsgi.input"], DechunkedInput):
            return environ["wsgi.input"].read()
        body: bytes = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        return body

    def _answer(self, status: str, headers: list[tuple[str, str]], payload: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            # The answer to a HEAD request states the length of the object that it does not carry.
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command == "HEAD":
            payload = b""
        elif int(code) >= 200 and int(code) not in (204, 304):
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: one line per API call would hide what matters."""


def _failure(error: Exception, is_json: bool) -> bytes:
    message = f"the laptop cloud failed: {type(error).__name__}: {error}"
    if is_json:
        return json.dumps({"__type": "InternalFailure", "message": message}).encode()
    return f"<Error><Code>InternalFailure</Code><Message>{html.escape(message)}</Message></Error>".encode()


class Server:
    """The HTTP server of one cloud, running in a thread of this process."""

    def __init__(self, port: int, writes: Writes) -> None:
        self._socket = _listen(port)
        app = Dispatcher(writes)
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, app, threaded=True, request_handler=KeepAliveHandler, fd=self._socket.fileno()
        )
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="cloud", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops answering and frees the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._socket.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise OSError(f"port {port} is in use; choose another one with --port, or stop what listens there") from error
    listener.listen(128)
    return listener
