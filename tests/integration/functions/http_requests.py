"""HTTP requests as API Gateway hands them to a function, and the scoring function's stand-in."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest

from evergreen.stores.scoring import ScoringFunction

Handler = Callable[[dict[str, Any]], Any]


@dataclass
class Answered:
    """An answer as a client sees it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def said(self) -> Any:
        return json.loads(self.text)


@dataclass
class Scorer:
    """Answers in place of Predict, which has tests of its own."""

    answer: Any = field(default_factory=lambda: {"loaded": {}})
    error: Any = None
    asked: list[Any] = field(default_factory=list)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "predict"
        self.asked.append(json.loads(Payload))
        said = self.error or self.answer
        failed = {"FunctionError": "Unhandled"} if self.error else {}
        return {"Payload": io.BytesIO(json.dumps(said).encode()), **failed}


@dataclass
class Client:
    """One process of the API."""

    handler: Handler
    module: Any

    @classmethod
    def start(cls, function: Any, scorer: Scorer, patch: pytest.MonkeyPatch) -> "Client":
        handler = function("api")
        module = sys.modules["functions.api.handler"]
        client: Any = scorer
        patch.setattr(module.deployment, "scoring", ScoringFunction(client, "predict"))
        return cls(handler, module)

    def get(self, path: str) -> Answered:
        return self.request("GET", path)

    def post(self, path: str, body: Any) -> Answered:
        return self.request("POST", path, body if isinstance(body, str) else json.dumps(body))

    def request(self, method: str, path: str, body: str | None = None, headers: Any = None) -> Answered:
        answer = self.handler(event(method, path, body, headers))
        return Answered(answer["statusCode"], answer["headers"], answer.get("body") or "")

    def api_write(self) -> None:
        """As a second later."""
        self.module.deployment.counts.write()


def event(method: str, path: str, body: str | None = None, headers: Any = None) -> dict[str, Any]:
    """Payload format 2.0."""
    path, _, query = path.partition("?")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": dict(parse_qsl(query)),
        "headers": {"content-type": "application/json", **(headers or {})},
        "requestContext": {"http": http, "stage": "$default", "requestId": "r"},
        "body": body,
        "isBase64Encoded": False,
    }
