"""SIGTERM ends a verb, whatever it is at."""

import signal
import subprocess
import sys
import time

import pytest

from tests.integration.container.conftest import REPOSITORY

PROGRAM = """
import time
import container.stopping
container.stopping.GRACE_SECONDS = 0.3
container.stopping.heed_sigterm()
print("ready", flush=True)
try:
    {work}
except container.stopping.Stopped:
    print("stopped", flush=True)
    raise SystemExit(container.stopping.STOPPED)
"""
LATE = (
    "__import__('hashlib').pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"  # minutes in C, where no exception can be raised
)


@pytest.mark.parametrize(("work", "said"), [("time.sleep(60)", "stopped\n"), (LATE, "")])
def test_it_ends_at_once_or_when_its_grace_is_over(work: str, said: str) -> None:
    command = [sys.executable, "-c", PROGRAM.format(work=work)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(10) == 143
        finally:
            process.kill()
        assert process.stdout.read() == said
