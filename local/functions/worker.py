"""One execution environment of a function: a process that answers one invocation at a time."""

import contextlib
import queue
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from local.cloud import Cloud
from local.functions.code import Version
from local.functions.runtime_api import Invocation, Outcome, RuntimeApi
from local.log_streams import LogStream, pump
from local.role_sessions import RoleSessions

RUNTIME_CLIENT = Path(__file__).with_name("runtime_client.py")
INIT_SECONDS = 60  # AWS gives 10; a laptop under load may need longer to import
LOG_END = "\x1eLOG-END"  # begins with a record separator, which no text has


@dataclass(frozen=True)
class Answer:
    """How an invocation ended and what it logged."""

    outcome: Outcome
    log: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether Lambda would set FunctionError."""
        return self.outcome.kind != "response"


class Worker:
    """A runtime process and its log stream."""

    def __init__(self, cloud: Cloud, sessions: RoleSessions, version: Version) -> None:
        self.version = version
        self._api = RuntimeApi()
        stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{uuid.uuid4().hex}"
        self._log = LogStream(cloud, version.log_group, stream)
        self._lines: list[str] = []
        self._log_ended: queue.Queue[str] = queue.Queue()
        self._born = time.time()
        self._init_seconds: float | None = None
        code = version.unpacked(cloud)
        self._own_tmp = Path(tempfile.mkdtemp(prefix="tmp-", dir=cloud.work_dir))  # what /tmp is on AWS
        environment = version.environment(cloud) | sessions.credentials(version.role, version.name).environment()
        environment |= {
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "LAMBDA_TASK_ROOT": str(code),
            "TMPDIR": str(self._own_tmp),
        }
        # Isolated and without `site`: no .pth file can bring this repository into the function's sight.
        libraries = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
        self._process = cloud.processes.spawn(
            [sys.executable, "-I", "-S", "-X", "utf8", str(RUNTIME_CLIENT), LOG_END, *libraries],
            cwd=code,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._follow, name=f"log of {version.name}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can take another invocation."""
        return self._process.poll() is None

    @property
    def ready(self) -> bool:
        """Whether its handler is imported and it waits for an event."""
        return self._api.ready_at is not None

    def stop(self) -> None:
        """Ends the process."""
        self._api.close()
        self._process.stop(grace_seconds=0.5)

    def invoke(self, payload: bytes) -> Answer:
        """Has the handler answer one event, within the function's time-out."""
        invocation = Invocation(str(uuid.uuid4()), self.version.arn, payload, self.version.timeout)
        self._lines.clear()
        self._write([f"START RequestId: {invocation.request_id} Version: $LATEST"])
        self._api.invocations.put(invocation)
        started, outcome = self._outcome(invocation)
        if outcome.kind in ("response", "error"):
            self._wait_for_log(invocation.request_id)
        self._write(self._report(invocation.request_id, time.time() - started, outcome))
        return Answer(outcome, tuple(self._lines))

    def _outcome(self, invocation: Invocation) -> tuple[float, Outcome]:
        started = self._wait_for_start()
        if started is None:
            return self._born, self._ended_before_start()
        try:
            outcome = self._api.outcomes.get(timeout=self.version.timeout)
        except queue.Empty:
            outcome = self.version.timed_out(invocation.request_id)
            self.stop()
        if outcome.kind == "exit":
            outcome = self.version.exited(invocation.request_id, self._process.wait())
        return started, outcome

    def _wait_for_start(self) -> float | None:
        try:
            started = self._api.started.get(timeout=INIT_SECONDS)
        except queue.Empty:
            self.stop()
            return None
        if started is not None and self._init_seconds is None:
            self._init_seconds = (self._api.ready_at or started) - self._born
        return started

    def _ended_before_start(self) -> Outcome:
        outcome = self._api.outcomes.get(timeout=5)
        if outcome.kind == "exit":
            return self.version.exited("", self._process.wait())
        return outcome

    def _follow(self) -> None:
        output = self._process.stdout
        assert output is not None
        pump(output.fileno(), self._take_lines)
        self._process.wait()
        shutil.rmtree(self._own_tmp, ignore_errors=True)
        self._api.started.put(None)
        self._api.outcomes.put(Outcome("exit"))

    def _take_lines(self, lines: Sequence[str]) -> None:
        parts = [line.partition(LOG_END) for line in lines]
        self._write([text for text, marker, _ in parts if text or not marker])
        for _, marker, request_id in parts:
            if marker:
                self._log_ended.put(request_id.strip())

    def _wait_for_log(self, request_id: str) -> None:
        with contextlib.suppress(queue.Empty):  # a handler may have closed its own output
            while self._log_ended.get(timeout=1) != request_id:
                pass

    def _write(self, lines: list[str]) -> None:
        self._lines.extend(lines)
        self._log.write(lines)

    def _report(self, request_id: str, seconds: float, outcome: Outcome) -> list[str]:
        spent = seconds * 1000
        report = f"REPORT RequestId: {request_id}\tDuration: {spent:.2f} ms\tBilled Duration: {int(spent) + 1} ms"
        report += f"\tMemory Size: {self.version.memory} MB\tMax Memory Used: {self._memory_used()} MB"
        if self._init_seconds:  # reported once, with the first invocation
            report += f"\tInit Duration: {self._init_seconds * 1000:.2f} ms"
            self._init_seconds = 0.0
        lines = [f"END RequestId: {request_id}", report]
        if outcome.kind == "timeout":
            lines.append(f"{request_id} Task timed out after {self.version.timeout:.2f} seconds")
        return lines

    def _memory_used(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss / 2**20)
        except psutil.Error:
            return 0
