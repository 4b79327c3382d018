"""One HTTP API on a port of its own."""

import json
import logging
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.cloud import Cloud
from local.http_api.events import HttpAnswer, HttpRequest, as_answer, as_event

log = logging.getLogger(__name__)

_LONGEST_BODY = 10_485_760  # bytes, API Gateway's own limit
_LONGEST_PAYLOAD = 6_291_556  # bytes, Lambda's


class ApiServer:
    """Hands requests to the function of their route, as API Gateway would; signatures are not looked at."""

    def __init__(self, cloud: Cloud, api: Any) -> None:
        self._cloud, self._api = cloud, api
        self._server = _listen(cloud, partial(_Handler, self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http api", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops answering and frees the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """What API Gateway would answer."""
        if len(request.body) > _LONGEST_BODY:
            return HttpAnswer.of_gateway(413, "Request Entity Too Large")
        route = self._route(request)
        if route is None or "$default" not in self._api.stages:
            return HttpAnswer.of_gateway(404, "Not Found")
        payload = json.dumps(as_event(request, self._api.api_id, route.route_key)).encode()
        if len(payload) > _LONGEST_PAYLOAD:
            return HttpAnswer.of_gateway(413, "Request Entity Too Large")
        integration = self._api.integrations[route.target.removeprefix("integrations/")]
        answer = self._cloud.client("lambda").invoke(FunctionName=integration.integration_uri, Payload=payload)
        document = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            log.error("the function behind the HTTP API failed: %s", document)
            return HttpAnswer.of_gateway(500, "Internal Server Error")
        return as_answer(document)

    def _route(self, request: HttpRequest) -> Any:
        """The route of this very path, or else the default."""
        routes = {route.route_key: route for route in self._api.routes.values()}
        return routes.get(f"{request.method} {request.path}") or routes.get("$default")


def _listen(cloud: Cloud, handler: Any) -> ThreadingHTTPServer:
    """On the port after the cloud's, so that it is the same at every start, or on any other where that is taken."""
    for port in (int(cloud.endpoint_url.rpartition(":")[2]) + 1, 0):
        try:
            server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError:
            continue
        server.daemon_threads = True
        return server
    raise OSError("no port is free for the HTTP API")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def __init__(self, server: ApiServer, *arguments: Any) -> None:
        self._api = server
        super().__init__(*arguments)

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = HttpRequest(self.command, self.path, self.headers.items(), body, self.client_address[0])
        try:
            answer = self._api.answer(request)
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            answer = HttpAnswer.of_gateway(500, "Internal Server Error")
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _handle

    def log_message(self, *_: Any) -> None:
        """Says nothing: the access log is API Gateway's."""
