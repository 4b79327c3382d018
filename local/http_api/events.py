"""HTTP requests as payload format 2.0, and a function's answers as HTTP responses."""

import base64
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

_TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class HttpRequest:
    """What came over the wire."""

    method: str
    target: str  # path and query
    headers: list[tuple[str, str]]
    body: bytes
    source: str

    @property
    def path(self) -> str:
        """Decoded, as API Gateway hands it on."""
        return unquote(self.target.partition("?")[0])


@dataclass(frozen=True)
class HttpAnswer:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_gateway(cls, status: int, message: str) -> "HttpAnswer":
        """One of API Gateway's own."""
        return cls(status, json.dumps({"message": message}).encode(), {"Content-Type": "application/json"})


def as_event(request: HttpRequest, api_id: str, route_key: str) -> dict[str, Any]:
    """The event that API Gateway invokes a function with."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    query = request.target.partition("?")[2]
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": api_id,
            "domainName": headers.get("host", ""),
            "domainPrefix": api_id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": route_key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if parameters:
        event["queryStringParameters"] = parameters
    return event | _body(request.body, headers.get("content-type", ""))


def as_answer(document: Any) -> HttpAnswer:
    """What a function returned; one without a status code is a body of JSON, as API Gateway takes it."""
    if not isinstance(document, dict) or "statusCode" not in document:
        return HttpAnswer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})
    body = document.get("body") or ""
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {name: str(value) for name, value in (document.get("headers") or {}).items()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "text/plain;charset=UTF-8"
    decoded = base64.b64decode(raw) if document.get("isBase64Encoded") else raw
    return HttpAnswer(int(document["statusCode"]), decoded, headers)


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if not body:
        return {}
    if content_type.startswith(_TEXT):
        try:
            return {"body": body.decode()}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
