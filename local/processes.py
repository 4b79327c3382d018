"""Child processes that cannot outlive the cloud, however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

# The guardian's standard input is a pipe that only the cloud holds open. When the cloud ends, even by SIGKILL,
# the guardian reads end-of-file and kills every process group that is still registered, grandchildren included.
_GUARDIAN = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""

Stream = int | IO[bytes] | None


class Child(subprocess.Popen[bytes]):
    """A process at the head of its own process group; the group ends with it."""

    guard: "Processes | None" = None

    def poll(self) -> int | None:
        code = super().poll()
        self._release(code)
        return code

    def wait(self, timeout: float | None = None) -> int:
        code = super().wait(timeout)
        self._release(code)
        return code

    def stop(self, grace_seconds: float = 2.0) -> int:
        """Asks the process group to end, insists after the grace, and returns the exit code."""
        self._signal_group(signal.SIGTERM)
        try:
            return self.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGKILL)
            return self.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _release(self, code: int | None) -> None:
        if code is None or self.guard is None:
            return
        guard, self.guard = self.guard, None
        self._signal_group(signal.SIGKILL)  # what the process itself may have left behind
        guard.forget(self)


class Processes:
    """The child processes of one cloud."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[int, Child] = {}
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARDIAN],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )

    def spawn(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = None,
        stderr: Stream = None,
    ) -> Child:
        """Starts a process in its own group, which ends at the latest when the cloud does."""
        child = Child(argv, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True)
        child.guard = self
        with self._lock:
            self._children[child.pid] = child
            self._tell(f"+{child.pid}\n")
        return child

    def forget(self, child: Child) -> None:
        """Takes an ended process off the guardian's list, since its number may be given to another."""
        with self._lock:
            if self._children.pop(child.pid, None):
                self._tell(f"-{child.pid}\n")

    def close(self) -> None:
        """Ends every child and the guardian."""
        children = list(self._children.values())
        for child in children:
            child._signal_group(signal.SIGTERM)
        for child in children:
            child.stop()
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        self._guardian.wait()

    def _tell(self, line: str) -> None:
        assert self._guardian.stdin is not None
        self._guardian.stdin.write(line.encode())
