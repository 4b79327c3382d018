"""The command `python -m local up`, run as its users run it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

REPOSITORY = Path(__file__).resolve().parents[3]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class RunningCommand:
    """The command after it said that it is ready."""

    process: subprocess.Popen[str]
    endpoint_url: str
    outputs: dict[str, dict[str, str]]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


def start_command(directory: Path, *options: str) -> RunningCommand:
    """Starts the command in the directory and waits until it is ready."""
    ready_file = directory / "ready.json"
    ready_file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "up", "--port", "0", "--ready-file", str(ready_file), *options],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "AWS_DEFAULT_REGION": "us-east-1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not ready_file.exists():
        assert process.poll() is None, f"the command ended with {process.returncode}"
        if time.monotonic() > deadline:
            process.kill()
            raise TimeoutError("the command did not get ready")
        time.sleep(0.05)
    facts = json.loads(ready_file.read_text())
    assert facts["pid"] == process.pid
    return RunningCommand(process, facts["endpoint_url"], facts["outputs"])
