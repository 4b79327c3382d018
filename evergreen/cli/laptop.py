"""The laptop cloud as a child process, for a command that needs one only while it runs."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evergreen.errors import StoreUnavailable

_START_SECONDS = 60
_STOP_SECONDS = 15


@contextmanager
def laptop_cloud(root: Path, state_dir: Path, log: Path, jobs: str = "process") -> Iterator[dict[str, Any]]:
    """Start a laptop cloud on a free port, point boto3 at it, and end it with everything it started.

    Yields what it said when it was ready. Raises StoreUnavailable with the end of its log when it does not start.
    """
    with tempfile.TemporaryDirectory() as folder, log.open("wb") as output:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "local", "up", "--port", "0", "--ready-file", str(ready), "--jobs", jobs]
        process = subprocess.Popen(
            [*command, "--state-dir", str(state_dir)],
            cwd=root,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone; we end it in order
        )
        try:
            said = _wait(process, ready, log)
            os.environ.update(said["exports"])
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready.is_file():
            said: dict[str, Any] = json.loads(ready.read_text())
            return said
        time.sleep(0.05)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise StoreUnavailable(f"the laptop cloud did not start; the end of {log}:\n{tail}")
