"""One process of the API's function, in front of a DynamoDB that answers at once: its first answer, and many more."""

import json
import sys
import time
from typing import Any

_BEGAN = time.perf_counter(), time.process_time()

import boto3  # noqa: E402  # what is measured begins with it
from botocore.awsrequest import AWSResponse  # noqa: E402

RUN = "next-purchase-00001-aaaaaaaa"
HTTP = {"method": "GET", "path": "/predictions/next_purchase/17850", "sourceIp": "127.0.0.1", "userAgent": "bench"}
EVENT = {
    "version": "2.0",
    "rawPath": HTTP["path"],
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": HTTP, "stage": "$default", "requestId": "r"},
    "isBase64Encoded": False,
}
PUBLISHED = {"generation": {"S": RUN}, "champion": {"S": RUN}, "rows": {"N": "4372"}, "as_of": {"S": "2011-12-09"}}
ITEM = {
    "pk": {"S": "next_purchase#17850"},
    "sk": {"S": RUN},
    "entity": {"S": "17850"},
    "generation": {"S": RUN},
    "prediction": {"N": "14.25"},
    "probability": {"N": "0.8123"},
    "segment": {"S": "soon"},
    "model": {"S": RUN},
    "scored_at": {"S": "2026-03-02T08:00:00+00:00"},
}


class Context:
    """What Lambda tells a function of its invocation."""

    function_name, memory_limit_in_mb, aws_request_id = "api", 1024, "r"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:api"


class Raw:
    """A response's body, as urllib3 has it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content


def answer_at_once(request: Any, **_: Any) -> AWSResponse:
    """DynamoDB's answer, without DynamoDB."""
    item = PUBLISHED if b"PUBLISHED" in request.body else ITEM
    said = {} if b"UpdateExpression" in request.body else {"Item": item}
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, 200, headers, Raw(json.dumps(said).encode()))


def main(requests: int) -> None:
    """Import the handler, answer, answer so many times again, and say how long each took."""
    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("before-send.dynamodb", answer_at_once)
    from functions.api.handler import deployment, handler  # noqa: PLC0415

    imported = _since(_BEGAN)
    first = timed(lambda: handler(EVENT, Context()))  # type: ignore[arg-type]
    assert not {"pandas", "numpy", "pyarrow"} & set(sys.modules)
    assert handler(EVENT, Context())["statusCode"] == 200  # type: ignore[arg-type]
    warm = [timed(lambda: handler(EVENT, Context())) for _ in range(requests)]  # type: ignore[arg-type]
    tables = deployment.published._table, deployment.standings._table
    keys = {"pk": "next_purchase#17850", "sk": RUN}, {"pk": "DATASET#next_purchase", "sk": "PUBLISHED"}
    bare = [timed(lambda: [table.get_item(Key=key) for table, key in zip(tables, keys, strict=True)]) for _ in warm]
    print(json.dumps({"import": imported, "first": first, "warm": warm, "bare": bare}))


def timed(call: Any) -> tuple[float, float]:
    """Seconds that a call takes, by the clock and of the processor."""
    began = time.perf_counter(), time.process_time()
    call()
    return _since(began)


def _since(began: tuple[float, float]) -> tuple[float, float]:
    return time.perf_counter() - began[0], time.process_time() - began[1]


if __name__ == "__main__":
    main(int(sys.argv[1]))
