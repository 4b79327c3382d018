"""The Invoke API: what moto would do in Docker, done by the pool of processes."""

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from moto.awslambda.exceptions import LambdaClientError

from local.cloud import Cloud
from local.functions.code import Version
from local.functions.destinations import deliver_failure
from local.functions.pool import Pool
from local.functions.worker import Answer

RETRY_SECONDS = (1.0, 2.0)  # AWS waits one and two minutes


class Invoker:
    """Answers the three invocation types."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.pool = Pool(cloud)
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        cloud.on_close(self._closed.set)

    def warm(self, functions: Iterable[Any]) -> None:
        """Starts a process of each function in the background."""
        versions = [Version.of(function) for function in functions]
        threading.Thread(target=self.pool.warm, args=(versions,), name="warming", daemon=True).start()

    def invoke(self, function: Any, body: Any, headers: Any, answer_headers: MutableMapping[str, str]) -> bytes:
        """What moto's LambdaFunction.invoke is to do; without headers it is moto that passes on an event."""
        payload = body.encode() if isinstance(body, str) else body or b"{}"
        kind = (headers or {}).get("X-Amz-Invocation-Type", "RequestResponse" if headers else "Event")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            threading.Thread(target=self._invoke_later, args=(function, payload), daemon=True).start()
            return b""
        answer = self.run(function, payload)
        if answer.failed:
            answer_headers["x-amz-function-error"] = "Unhandled"
        answer_headers["x-amz-log-result"] = base64.b64encode("\n".join(answer.log).encode()[-4096:]).decode()
        return answer.outcome.document

    def run(self, function: Any, payload: bytes) -> Answer:
        """Answers one event now; refuses when the function's reserved concurrency is used up."""
        with self._counted(function):
            return self.pool.invoke(Version.of(function), payload)

    @contextmanager
    def _counted(self, function: Any) -> Iterator[None]:

        name, limit = function.function_name, function.reserved_concurrency
        with self._lock:
            if limit is not None and self._busy[name] >= int(limit):
                error = LambdaClientError("TooManyRequestsException", "Rate Exceeded.")
                error.code = 429
                raise error
            self._busy[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy[name] -= 1

    def _invoke_later(self, function: Any, payload: bytes) -> None:
        settings = function.event_invoke_config[-1].config if function.event_invoke_config else {}
        retries = min(settings.get("MaximumRetryAttempts", 2), len(RETRY_SECONDS))
        for attempt in range(retries + 1):
            answer = self._run_when_free(function, payload)
            if not answer.failed or self._closed.is_set():
                return
            if attempt < retries and self._closed.wait(RETRY_SECONDS[attempt]):
                return
        event = json.loads(payload)
        deliver_failure(self._cloud, function, event, settings=settings, answer=answer, attempts=retries + 1)

    def _run_when_free(self, function: Any, payload: bytes) -> Answer:

        while True:
            try:
                return self.run(function, payload)
            except LambdaClientError:
                time.sleep(0.1)
