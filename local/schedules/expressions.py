"""When a schedule of EventBridge Scheduler comes due: its expression, time zone and flexible window."""

import datetime
import hashlib
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from evergreen.cron import Cron, next_of_rate

UTC = datetime.UTC
_EXPRESSION = re.compile(r"(at|rate|cron)\((.+)\)")
_RATE = re.compile(r"(\d+) (minute|hour|day)s?")


@dataclass(frozen=True)
class Expression:
    """One at, rate or cron expression in its time zone."""

    kind: str
    said: str
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, timezone: str | None) -> "Expression":
        """Raises ValueError for what EventBridge Scheduler would refuse."""
        read = _EXPRESSION.fullmatch(text)
        if read is None:
            raise ValueError(f"Invalid Schedule Expression {text}.")
        try:
            zone = ZoneInfo(timezone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"Provided time zone {timezone} is not valid.") from error
        expression = cls(read[1], read[2], zone)
        expression.first(datetime.datetime(2000, 1, 1, tzinfo=UTC))  # raises for what cannot be read
        return expression

    @property
    def is_once(self) -> bool:
        return self.kind == "at"

    def first(self, created: datetime.datetime) -> datetime.datetime | None:
        """The first time of a schedule made at `created`; a one-time schedule in the past is due at once."""
        if self.is_once:
            return datetime.datetime.fromisoformat(self.said).replace(tzinfo=self.zone).astimezone(UTC)
        return self.after(created - datetime.timedelta(microseconds=1), created)

    def after(self, moment: datetime.datetime, created: datetime.datetime) -> datetime.datetime | None:
        """The first time after `moment`; a rate begins with the schedule's creation. None when none comes any more."""
        if self.kind == "cron":
            return Cron.parse(self.said).next(moment, self.zone)
        return next_of_rate(_every(self.said), created, moment) if self.kind == "rate" else None


def _every(said: str) -> datetime.timedelta:
    read = _RATE.fullmatch(said)
    if read is None or int(read[1]) < 1:
        raise ValueError(f"Invalid Schedule Expression rate({said}).")
    return datetime.timedelta(**{f"{read[2]}s": int(read[1])})


def lateness(arn: str, due: datetime.datetime, window: dict[str, object]) -> datetime.timedelta:
    """Where in its flexible window an invocation falls: by a hash, the same whenever it is asked."""
    if window.get("Mode") != "FLEXIBLE":
        return datetime.timedelta(0)
    seconds = int(str(window["MaximumWindowInMinutes"])) * 60
    digest = hashlib.sha256(f"{arn} {due.isoformat()}".encode()).digest()
    return datetime.timedelta(seconds=int.from_bytes(digest[:8], "big") % seconds)
