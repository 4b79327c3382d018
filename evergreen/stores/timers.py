"""Timers: EventBridge schedules that fire once and wake Dispatch for a data set."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import ClientError

from evergreen.arrivals import wake_event
from evergreen.stores.faults import code_of, store_faults

_A_MINUTE = timedelta(minutes=1)
_A_SECOND = timedelta(seconds=1)
_SOON = 5 * _A_SECOND  # lest the time is over before the schedule is there


class SchedulerClient(Protocol):
    """As far as timers need EventBridge Scheduler."""

    def create_schedule(self, **arguments: Any) -> Any: ...


@dataclass(frozen=True)
class TimerTarget:
    """Where timers live, where they send to, and as whom."""

    group: str
    queue_arn: str
    dead_letters_arn: str
    role_arn: str


class Timers:
    """The schedule group of one deployment."""

    def __init__(self, client: SchedulerClient, target: TimerTarget) -> None:
        self._client = client
        self._target = target

    def wake(self, dataset: str, at: datetime, now: datetime) -> None:
        """Have Dispatch look at a data set at this time, or up to a minute later.

        The name says the time, so that a timer that is there already is the one that is wanted.
        """
        moment = _rounded_up(at, now)
        try:
            with store_faults("set a timer"):
                self._client.create_schedule(
                    Name=f"{dataset}-{moment:%Y%m%dT%H%M%S}",
                    GroupName=self._target.group,
                    ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._target.queue_arn,
                        "RoleArn": self._target.role_arn,
                        "Input": json.dumps(wake_event(dataset, moment)),
                        "DeadLetterConfig": {"Arn": self._target.dead_letters_arn},
                    },
                )
        except ClientError as error:
            if code_of(error) != "ConflictException":
                raise


def _rounded_up(at: datetime, now: datetime) -> datetime:
    """Whole seconds within the next minute, whole minutes beyond: so a burst of arrivals sets few timers."""
    grain = _A_SECOND if at <= now + _A_MINUTE else _A_MINUTE
    at = max(at, now + _SOON)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -((midnight - at) // grain) * grain
