"""InvokeEndpoint: the request goes to the endpoint's server as it is, and its answer comes back."""

import json
from collections.abc import Callable
from typing import Any

from local.endpoints.fleet import Fleet

_PASSED_ON = ("Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes")
_LARGEST = 25 * 2**20  # bytes; of a serverless endpoint 4 MiB
_LARGEST_SERVERLESS = 4 * 2**20

Answer = tuple[int, dict[str, str], bytes]


def invoking(fleet: Fleet) -> Callable[[Any], Answer]:
    """The operation of the runtime API."""

    def invoke(response: Any) -> Answer:
        name = response.path.split("/")[2]
        server, endpoint = fleet.server(name), fleet.backend.endpoints.get(name)
        if server is None or endpoint is None:
            return _error("ValidationError", 400, f"Endpoint {name} of account {response.current_account} not found.")
        body = response.raw_body or b""
        body = body.encode() if isinstance(body, str) else body
        if len(body) > _most(endpoint):
            return _error("ValidationError", 400, f"The request is too large: {len(body)} bytes, not {_most(endpoint)}")
        headers = {each: str(response.headers[each]) for each in _PASSED_ON if response.headers.get(each)}
        status, kind, content = server.invoke(body, headers)
        if status != 200:
            told = content.decode(errors="replace")
            whose = "client" if 400 <= status < 500 else "server"
            message = f'Received {whose} error ({status}) from primary with message "{told}".'
            return _error("ModelError", 424, message, OriginalStatusCode=status or 500, OriginalMessage=told)
        return 200, {"Content-Type": kind, "x-Amzn-Invoked-Production-Variant": server.variant}, content

    return invoke


def _most(endpoint: Any) -> int:
    serverless = any("CurrentServerlessConfig" in each for each in endpoint.production_variants)
    return _LARGEST_SERVERLESS if serverless else _LARGEST


def _error(code: str, status: int, message: str, **more: Any) -> Answer:
    body = json.dumps({"Message": message, "message": message, **more}).encode()
    # moto takes the status from the headers.
    return status, {"status": str(status), "Content-Type": "application/json", "x-amzn-ErrorType": code}, body
