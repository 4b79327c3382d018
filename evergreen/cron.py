"""Cron expressions of EventBridge Scheduler: six fields, of which day of month or day of week is a `?`.

Fields: minutes, hours, day of month, month, day of week, year. Days of the week are 1 (SUN) to 7 (SAT).
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {name: number for number, name in enumerate(_WEEKDAY_NAMES, 1)}
_YEARS = (1970, 2199)


@dataclass(frozen=True)
class Cron:
    """The wall-clock minutes that an expression names."""

    minutes: frozenset[int]
    hours: frozenset[int]
    day_of_month: str
    months: frozenset[int]
    day_of_week: str
    years: frozenset[int]

    @classmethod
    def parse(cls, expression: str) -> "Cron":
        """Read six fields. Raises ValueError, saying which one is wrong."""
        fields = expression.upper().split()
        if len(fields) != 6:
            raise ValueError(
                f"a cron expression has six fields (minutes, hours, day of month, month, day of week, year); "
                f"{expression!r} has {len(fields)}"
            )
        minutes, hours, day_of_month, months, day_of_week, years = fields
        if "#" in day_of_week and "," in day_of_week:
            raise ValueError(f"day of week: {day_of_week!r} has a # in a list, which the Scheduler refuses; state one")
        if (day_of_month == "?") == (day_of_week == "?"):
            raise ValueError("of day of month and day of week, exactly one must be ?")
        cron = cls(
            _numbers("minutes", minutes, 0, 59),
            _numbers("hours", hours, 0, 23),
            day_of_month,
            _numbers("month", months, 1, 12, _MONTHS),
            day_of_week,
            _numbers("year", years, *_YEARS),
        )
        cron._days(2024, 1)  # raises for a day that cannot be read
        return cron

    def next(self, after: datetime, zone: tzinfo) -> datetime | None:
        """The first time after `after`, in UTC; None when none comes any more.

        As EventBridge Scheduler does: a time that the clocks skip is left out, one that they repeat comes once.
        """
        for local in self._local_times(after.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)):
            found = local.replace(tzinfo=zone).astimezone(UTC)
            there = found.astimezone(zone).replace(tzinfo=None) == local
            if there and found > after:
                return found
        return None

    def _local_times(self, start: datetime) -> Iterator[datetime]:
        for day in self._dates(start.date()):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    local = datetime(day.year, day.month, day.day, hour, minute)
                    if local >= start:
                        yield local

    def _dates(self, start: date) -> Iterator[date]:
        for year in sorted(each for each in self.years if each >= start.year):
            for month in sorted(self.months):
                if (year, month) >= (start.year, start.month):
                    yield from (date(year, month, day) for day in sorted(self._days(year, month)))

    def _days(self, year: int, month: int) -> set[int]:
        """The days of one month."""
        fields = self.day_of_month if self.day_of_week == "?" else self.day_of_week
        of_one = _days_of_month if self.day_of_week == "?" else _days_of_week
        return {day for part in fields.split(",") for day in of_one(part, year, month)}


def _days_of_month(part: str, year: int, month: int) -> set[int]:
    last = calendar.monthrange(year, month)[1]
    if part == "L":
        return {last}
    if near := re.fullmatch(r"(\d{1,2}|L)W", part):
        wanted = last if near[1] == "L" else int(near[1])
        if not 1 <= wanted <= 31:
            raise ValueError(f"day of month: {part!r} is not between 1W and 31W")
        return {_nearest_weekday(year, month, wanted)} if wanted <= last else set()
    return {day for day in _numbers("day of month", part, 1, 31) if day <= last}


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """The working day nearest to a day, in the same month."""
    last = calendar.monthrange(year, month)[1]
    match date(year, month, day).isoweekday():
        case 6:
            return day - 1 if day > 1 else day + 2
        case 7:
            return day + 1 if day < last else day - 2
        case _:
            return day


def _days_of_week(part: str, year: int, month: int) -> set[int]:
    last = calendar.monthrange(year, month)[1]
    by_weekday: dict[int, list[int]] = {}
    for day in range(1, last + 1):
        by_weekday.setdefault(date(year, month, day).isoweekday() % 7 + 1, []).append(day)
    if part == "L":
        return {by_weekday[7][-1]}
    if counted := re.fullmatch(r"(\w+)#([1-5])", part):
        (weekday,) = _numbers("day of week", counted[1], 1, 7, _WEEKDAYS)
        return set(by_weekday[weekday][int(counted[2]) - 1 : int(counted[2])])
    if final := re.fullmatch(r"(\w+)L", part):
        (weekday,) = _numbers("day of week", final[1], 1, 7, _WEEKDAYS)
        return {by_weekday[weekday][-1]}
    return {day for weekday in _numbers("day of week", part, 1, 7, _WEEKDAYS) for day in by_weekday[weekday]}


def _numbers(field: str, text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The values that lists, ranges, steps and `*` name."""
    found: set[int] = set()
    for part in text.split(","):
        read = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", part)
        if read is None:
            raise ValueError(f"{field}: {part!r} cannot be read")
        first, last, step = read.groups()
        begin = low if first == "*" else _number(field, first, low, high, names or {})
        open_ended = first == "*" or (step is not None and last is None)
        end = _number(field, last, low, high, names or {}) if last else high if open_ended else begin
        if end < begin or (step is not None and int(step) < 1) or (first == "*" and last):
            raise ValueError(f"{field}: {part!r} cannot be read")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(field: str, text: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text, int(text) if text.isdecimal() else -1)
    if not low <= number <= high:
        raise ValueError(f"{field}: {text!r} is not between {low} and {high}")
    return number


def next_of_rate(every: timedelta, since: datetime, after: datetime) -> datetime:
    """The first time after `after`, of `since` and every whole multiple of `every` that follows it."""
    return since if after < since else since + ((after - since) // every + 1) * every
