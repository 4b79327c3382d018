"""The one seam at which faults are injected: botocore's hooks around every call of the functions."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

Moment = Literal["before", "after", "sent"]


class Died(BaseException):
    """The function's process ended, as when Lambda takes it down."""


class DiedCopying(Exception):
    """The same in a thread of S3's transfer manager, which lets no other kind of error through."""


@dataclass
class Fault:
    """What happens at the n-th call of one attempt at a state, before or after it took effect."""

    call: int
    moment: Moment
    happen: Callable[[], tuple[str, int] | None]  # an error code and its status, or nothing; may raise Died
    times: int = 1  # attempts at which it happens
    struck: list[str] = field(default_factory=list)  # the calls that it has hit


class Seam:
    """Counts the calls of the attempt that is under test, and lets its fault happen."""

    def __init__(self, session: boto3.Session) -> None:
        self.fault: Fault | None = None
        self.calls: list[str] | None = None  # None: nobody counts
        self.dead = False  # the process of this attempt, so it makes no more calls
        self._counting = threading.Lock()
        self._own = threading.local()  # the number of the call that a thread is making
        self.watch: Callable[[str], None] = lambda _: None
        session.events.register("before-call", self._before)
        session.events.register("after-call", self._after)
        session.events.register_first("before-send", self._send)  # ahead of moto, which answers

    @contextmanager
    def attempt(self, fault: Fault | None) -> Any:
        """The calls inside belong to an attempt that may meet the fault."""
        before = self.fault, self.calls, self.dead
        self.fault, self.calls, self.dead = fault, [], False
        try:
            yield self.calls
        finally:
            self.fault, self.calls, self.dead = before

    def _before(self, model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        self._own.call = 0
        if self.calls is None:
            return None
        if self.dead:
            self._die()
        with self._counting:
            self.calls.append(model.name)
            self._own.call = len(self.calls)
        answer = self._strike("before", model.name)
        return (AWSResponse("https://aws.test", answer[1], HTTPHeaders(), None), _refusal(*answer)) if answer else None

    def _send(self, event_name: str, request: Any, **_: Any) -> None:
        """The answer to a call that took effect is lost on its way, and the SDK sends the call again."""
        fault = self.fault
        if fault and fault.moment == "sent" and self.calls and self._own.call == fault.call:
            operation = self.calls[fault.call - 1]
            self._strike("sent", operation)
            if operation == "TransactWriteItems":
                return  # AWS knows the second one by its ClientRequestToken; moto would take it for another
            botocore_stubber(event_name, request)
            if hasattr(request.body, "seek"):
                request.body.seek(0)

    def _after(self, model: Any, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.watch(model.name if http_response.status_code < 300 else "")
        answer = self._strike("after", model.name)
        if answer:
            http_response.status_code = answer[1]
            parsed.clear()
            parsed.update(_refusal(*answer))

    def _strike(self, moment: Moment, operation: str) -> tuple[str, int] | None:
        fault = self.fault
        if fault is None or fault.moment != moment or self.calls is None or self._own.call != fault.call:
            return None
        self.fault = None  # once in this attempt
        fault.struck.append(operation)
        try:
            return fault.happen()
        except Died:
            self.dead = True
            self._die()

    def _die(self) -> NoReturn:
        raise Died if threading.current_thread() is threading.main_thread() else DiedCopying


def _refusal(code: str, status: int) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": "said the test"}, "ResponseMetadata": {"HTTPStatusCode": status}}
