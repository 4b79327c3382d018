"""The image's HTTP server during a transform job."""

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import httpx

from local.jobs.container import Container
from local.jobs.job import Job, JobFailed, JobStopped

PING_SECONDS = 240.0  # SageMaker gives a model that long to answer its first /ping
T = TypeVar("T")


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ModelServer:
    """Asks a serving container, with SageMaker's time-outs and retries."""

    def __init__(self, job: Job, container: Container, port: int) -> None:
        self._job, self._container = job, container
        limits = job.request.get("ModelClientConfig", {})
        self._retries = limits.get("InvocationsMaxRetries", 3)
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=float(limits.get("InvocationsTimeoutInSeconds", 600)),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
        )
        given = job.request["TransformInput"].get("ContentType")
        wanted = job.request["TransformOutput"].get("Accept")
        self._headers = {name: value for name, value in (("Content-Type", given), ("Accept", wanted)) if value}

    def wait_until_ready(self) -> None:
        """Returns when /ping answers 200."""
        deadline = time.monotonic() + PING_SECONDS
        while time.monotonic() < deadline:
            self._check_alive()
            try:
                if self._http.get("/ping", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise JobFailed(
            f"ClientError: /ping did not answer 200 within {PING_SECONDS:.0f} seconds; {self._last_words()}"
        )

    def execution_parameters(self) -> dict[str, Any]:
        """What the container itself recommends; empty when it recommends nothing."""
        answer = self._http.get("/execution-parameters")
        return dict(answer.json()) if answer.status_code == 200 else {}

    def answers(self, payloads: Iterable[T], body: Callable[[T], bytes], at_once: int) -> Iterator[tuple[T, bytes]]:
        """Each payload with its answer, in the order of the payloads, with `at_once` requests on their way."""
        window: deque[tuple[T, Future[bytes]]] = deque()
        with ThreadPoolExecutor(at_once, f"requests of {self._job.name}") as pool:
            try:
                for payload in payloads:
                    window.append((payload, pool.submit(self._post, body(payload))))
                    if len(window) > 2 * at_once:
                        yield self._first(window)
                while window:
                    yield self._first(window)
            except BaseException:
                self._container.stop()  # so that no request is waited for
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def close(self) -> None:
        """Ends the container."""
        self._http.close()
        self._container.stop()

    def _first(self, window: deque[tuple[T, Future[bytes]]]) -> tuple[T, bytes]:
        payload, answer = window.popleft()
        while True:
            try:
                return payload, answer.result(timeout=0.2)
            except TimeoutError:
                self._check_alive()

    def _post(self, body: bytes) -> bytes:
        problem = ""
        for attempt in range(self._retries + 1):
            try:
                answer = self._http.post("/invocations", content=body, headers=self._headers)
            except httpx.TransportError as error:
                problem = f"no answer from /invocations: {error!r}"
            else:
                if answer.is_success:
                    return answer.content
                problem = f"Bad HTTP status received from algorithm: {answer.status_code}, {answer.text[:300]}"
                if answer.status_code < 500:
                    break
            self._check_alive()
            time.sleep(0.1 * 2**attempt)
        raise JobFailed(f"AlgorithmError: {problem}")

    def _check_alive(self) -> None:
        if self._job.status == "Stopping":
            raise JobStopped("Stopped")
        if not self._container.running:
            raise JobFailed(f"AlgorithmError: the serving container ended; {self._last_words()}")

    def _last_words(self) -> str:
        return "its log ends with: " + os.linesep.join(self._container.last_lines)[-700:]
