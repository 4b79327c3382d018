"""SIGTERM: the job is stopped, or its spot instance is taken away."""

import os
import signal
import threading
import time
from types import FrameType

STOPPED = 128 + signal.SIGTERM  # the exit code that a shell gives to a process which this signal ended
GRACE_SECONDS = 5.0  # for what a Python exception cannot end, such as one long query; SageMaker gives 120


class Stopped(BaseException):
    """Whoever started the verb wants it to end."""


def heed_sigterm() -> None:
    """Raise Stopped at SIGTERM, and end the process if that has not ended it in time.

    In a container the verb is process 1, whom the kernel does not end by a signal that has no handler. Python runs a
    handler between two steps of its own only, so a thread watches over calls that return late.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    signal.signal(signal.SIGTERM, _raise)
    threading.Thread(target=_insist, args=(heard,), name="sigterm", daemon=True).start()


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _insist(heard: int) -> None:
    while os.read(heard, 1) != bytes([signal.SIGTERM]):
        pass
    time.sleep(GRACE_SECONDS)
    os._exit(STOPPED)
