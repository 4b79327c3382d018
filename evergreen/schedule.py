"""A recurring run, as a contract states it, in the terms of EventBridge Scheduler."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, model_validator

from evergreen.cron import Cron
from evergreen.durations import DURATION_PATTERN, duration
from evergreen.strict import Strict

_SHORTEST_RATE = timedelta(minutes=5)
_A_DAY = 1440  # minutes
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Schedule(Strict):
    """When a run is asked for without anything new: by the clock."""

    cron: str | None = Field(
        default=None,
        description="Six fields as EventBridge Scheduler has them: minutes, hours, day of month, month, day of week, "
        "year; `0 6 ? * MON-FRI *` is six o'clock on working days.",
    )
    rate: str | None = Field(
        default=None, pattern=DURATION_PATTERN, description="Instead of cron: how far apart, like 12h; 5m at least."
    )
    timezone: str = Field(default="UTC", description="In which cron counts, like Europe/Berlin.")
    jitter_minutes: int = Field(
        default=0, ge=0, le=_A_DAY, description="How much later it may be, so that not everything starts at once."
    )

    @property
    def expression(self) -> str:
        """As EventBridge Scheduler takes it."""
        if self.rate is not None:
            return f"rate({duration(self.rate) // timedelta(minutes=1)} minutes)"
        return f"cron({self.cron})"

    def is_over(self, now: datetime) -> bool:
        """Whether no time that it names is still to come; no fault of a contract that is deployed already."""
        return self.cron is not None and Cron.parse(self.cron).next(now, UTC) is None

    @model_validator(mode="after")
    def _names_times_that_come(self) -> "Schedule":
        if (self.cron is None) == (self.rate is None):
            raise ValueError("needs either cron or rate")
        if self.rate is not None and (
            duration(self.rate) < _SHORTEST_RATE or duration(self.rate) % timedelta(minutes=1)
        ):
            raise ValueError(f"rate {self.rate!r} must be whole minutes, five at least")
        if self.cron is not None and Cron.parse(self.cron).next(_LONG_AGO, UTC) is None:
            raise ValueError(f"cron {self.cron!r} names a day that no month has")
        if not _is_timezone(self.timezone):
            raise ValueError(f"timezone {self.timezone!r} is not known; they look like Europe/Berlin")
        return self


def _is_timezone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ValueError, OSError, KeyError):  # not found is a KeyError
        return not available_timezones()  # where functions run there may be no table of them
