"""Requests: what a person, a schedule, another data set's promotion or `retrain_many` sends to ask for a run."""

import hashlib
from typing import Any, Literal

from pydantic import Field

from evergreen.strict import Strict

SOURCE = "evergreen"
DETAIL_TYPE = "Run Requested"
_TICK = "<aws.scheduler.scheduled-time>"
LONGEST_TOKEN = 2048  # characters, as Step Functions has it; a longer one could never be answered
_LONGEST_REASON = 500  # characters of a request's cause

RequestKind = Literal["manual", "schedule", "promotion", "many", "redrive"]


class RunRequest(Strict):
    """The detail of a `Run Requested` event; the same `request_id` for the same data set is the same request."""

    dataset: str = Field(min_length=1)
    request_id: str = Field(min_length=1, max_length=1024)
    kind: RequestKind
    reason: str = Field(default="no reason given", min_length=1)
    by: str = "somebody"
    task_token: str | None = Field(default=None, max_length=LONGEST_TOKEN)  # of a workflow that waits for the run

    @property
    def arrival_id(self) -> str:
        """The identity of the arrival that the request makes."""
        return identity("request", self.dataset, self.request_id)

    @property
    def cause(self) -> str:
        """Why a run starts, in words."""
        told = f"{_ASKS[self.kind]} ({self.by}): {self.reason}"
        return told if len(told) <= _LONGEST_REASON else told[:_LONGEST_REASON] + " …"

    def detail(self) -> dict[str, Any]:
        """What the event says."""
        return self.model_dump(exclude_none=True)


_ASKS: dict[RequestKind, str] = {
    "manual": "asked for by hand",
    "schedule": "asked for by its schedule",
    "promotion": "asked for by the promotion of another data set",
    "many": "asked for by retrain_many",
    "redrive": "asked for by hand, with what failed runs gave up",
}


def promotion_request(dataset: str, promoted: str, run_id: str) -> RunRequest:
    """What a data set is asked when the champion of one that it follows has changed; the same for the same run."""
    return RunRequest(
        dataset=dataset,
        request_id=f"{run_id}/{dataset}",
        kind="promotion",
        by=run_id,
        reason=f"{promoted} has a new champion",
    )


def scheduled_event(dataset: str, expression: str, state_machine_arn: str) -> dict[str, Any]:
    """What a data set's schedule sends to the arrivals queue, in EventBridge's envelope.

    EventBridge Scheduler puts in the time that the schedule names: the same for every attempt to deliver it, unlike
    its execution id.
    """
    request = RunRequest(
        dataset=dataset, request_id=f"schedule {_TICK}", kind="schedule", by=expression, reason=f"it is {_TICK}"
    )
    return {
        "version": "0",
        "source": SOURCE,
        "detail-type": DETAIL_TYPE,
        "time": _TICK,
        "resources": [state_machine_arn],
        "detail": request.detail(),
    }


def identity(*parts: str) -> str:
    """16 hex digits that are the same for the same parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
