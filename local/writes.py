"""Requests that change stored data: one at a time per service, and held back while a snapshot is taken.

moto checks a condition and then writes, without a lock: two conditional writes at once could both succeed, and of two
uploads of one key at once one version would be lost.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

_QUEUE_WRITES = ("Send", "Delete", "Purge")
_DYNAMODB_READS = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List")


class Writes:
    """The order in which one cloud's data changes."""

    def __init__(self) -> None:
        self._locks = {"dynamodb": threading.RLock(), "s3": threading.RLock()}
        self.count = 0

    @contextlib.contextmanager
    def during(self, environ: dict[str, Any]) -> Iterator[None]:
        """Runs one request in its turn, if it is one that needs a turn."""
        service = _service(environ)
        if service == "sqs":
            yield
            self.count += _operation(environ).startswith(_QUEUE_WRITES)
            return
        if service not in self._locks or (service == "s3" and environ["REQUEST_METHOD"] in ("GET", "HEAD")):
            yield
            return
        with self._locks[service]:
            yield
            if not _operation(environ).startswith(_DYNAMODB_READS):
                self.count += 1

    def note(self) -> None:
        """Counts a change of what is kept elsewhere than in S3 and DynamoDB."""
        with self._locks["dynamodb"]:
            self.count += 1

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps all data as it is for a moment."""
        with self._locks["dynamodb"], self._locks["s3"]:
            yield


def _operation(environ: dict[str, Any]) -> str:
    """By the JSON protocol's header."""
    return str(environ.get("HTTP_X_AMZ_TARGET", ".")).split(".")[1]


def _service(environ: dict[str, Any]) -> str:
    """The service that the request is signed for; presigned and anonymous requests are S3's."""
    scope = environ.get("HTTP_AUTHORIZATION", "").split("/")
    return scope[3].lower() if len(scope) > 4 else "s3"
