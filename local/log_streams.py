"""CloudWatch Logs streams written from inside the cloud."""

import os
import time
from collections.abc import Callable, Iterator, Sequence

from moto.logs.models import logs_backends

from local.cloud import Cloud

LONGEST_LINE = 256 * 1024  # bytes of one log event that CloudWatch Logs accepts


class LogStream:
    """One log stream; the group is made when it is missing."""

    def __init__(self, cloud: Cloud, group: str, stream: str) -> None:

        self.group, self.stream = group, stream
        self._logs = logs_backends[cloud.account][cloud.region]
        self._logs.ensure_log_group(group)
        self._logs.ensure_log_stream(group, stream)

    def write(self, lines: Sequence[str]) -> None:
        """Adds one log event per line."""
        if not lines:
            return
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line[:LONGEST_LINE]} for line in lines]
        self._logs.put_log_events(self.group, self.stream, events)


def pump(descriptor: int, write: Callable[[Sequence[str]], None]) -> None:
    """Hands over what a process prints, as many whole lines at a time as there are, until it closes its output."""
    for lines in _line_batches(descriptor):
        write(lines)


def _line_batches(descriptor: int) -> Iterator[list[str]]:
    rest = b""
    while chunk := os.read(descriptor, 65536):
        *whole, rest = (rest + chunk).split(b"\n")
        if whole:
            yield [line.decode(errors="replace").rstrip("\r") for line in whole]
    if rest:
        yield [rest.decode(errors="replace")]
