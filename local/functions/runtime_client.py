"""Runs in a function's process: the loop of a Lambda runtime over the Lambda Runtime API, standard library only."""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
import types
from collections.abc import Callable
from decimal import Decimal
from typing import Any

API = "/2018-06-01/runtime"
Handler = Callable[[Any, "Context"], Any]


class Context:
    """What a handler may ask about its invocation."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = types.SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = None
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended."""
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message: str) -> None:
        """Writes to the function's log."""
        sys.stdout.write(message)


class InitError(Exception):
    """The handler cannot be had; `kind` is the error type that Lambda reports for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def find_handler(name: str) -> Handler:
    """Imports `package.module.function`."""
    module_name, _, function = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise InitError("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    if not hasattr(module, function):
        raise InitError("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'")
    handler: Handler = getattr(module, function)
    return handler


def failure(error: BaseException, request_id: str = "") -> bytes:
    """The document by which Lambda reports an exception, which is also written to the log."""
    if isinstance(error, InitError):
        kind, trace = error.kind, []
    else:
        kind, trace = type(error).__name__, traceback.format_tb(_beyond_this_file(error.__traceback__))
    heading = ["Traceback (most recent call last):"] if trace else []
    print(f"[ERROR] {kind}: {error}", *heading, "".join(trace), sep="\n", flush=True)
    document = {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return json.dumps(document).encode()


def _beyond_this_file(trace: types.TracebackType | None) -> types.TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _call(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> Any:
    connection.request(method, API + path, body)
    answer = connection.getresponse()
    return {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def _invoke(handler: Handler, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
    context = Context(headers)
    try:
        result = handler(json.loads(body), context)
        return "response", json.dumps(result, ensure_ascii=False, default=_plain).encode()
    except Exception as error:
        return "error", failure(error, context.aws_request_id)


def main(log_end: str, site_packages: list[str]) -> None:
    """Serves invocations until the process is ended; each one's log ends with the mark `log_end`."""
    sys.path[:] = [os.environ["LAMBDA_TASK_ROOT"], *sys.path, *site_packages]
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s]\t%(asctime)s\t%(name)s\t%(message)s")
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = find_handler(os.environ["_HANDLER"])
    except Exception as error:
        _call(connection, "POST", "/init/error", failure(error))
        sys.exit(1)
    while True:
        headers, body = _call(connection, "GET", "/invocation/next")
        request_id = headers["lambda-runtime-aws-request-id"]
        outcome, document = _invoke(handler, headers, body)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"{log_end} {request_id}\n".encode())
        _call(connection, "POST", f"/invocation/{request_id}/{outcome}", document)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
