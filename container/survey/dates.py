"""Which strptime formats a column's texts are in."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise, product

_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M", "T%H:%M:%S", "T%H:%M:%SZ")
_FRACTIONS = (" %H:%M:%S.%f", "T%H:%M:%S.%f", "T%H:%M:%S.%fZ")
_YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
_DAYS = tuple(
    order.replace("/", mark).replace("%Y", year)
    for mark, year, order in product("/.-", ("%Y", "%y"), ("%d/%m/%Y", "%m/%d/%Y"))
)
_NAMED = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")
FORMATS = tuple(day + time for day, time in product((*_YEAR_FIRST, *_DAYS, *_NAMED), (*_TIMES, *_FRACTIONS)))


def candidates(values: Iterable[str]) -> list[str]:
    """The formats that fit most of some values, best first; none when fewer than nine in ten fit any."""
    texts = [value for value in values if any(letter.isdigit() for letter in value)]
    if not texts or not all(6 <= len(text) <= 32 for text in texts):
        return []
    if all(text.lstrip("+-").replace(".", "", 1).isdigit() for text in texts):
        return []  # plain numbers
    fitting = {format: sum(_fits(text, format) for text in texts) for format in FORMATS}
    enough = [format for format, count in fitting.items() if count >= 0.9 * len(texts)]
    return sorted(enough, key=lambda format: -fitting[format])


def other_order(format: str) -> str | None:
    """The same format with day and month exchanged; None when the order is beyond doubt."""
    if format.startswith("%Y") or "%b" in format or "%B" in format:
        return None
    exchanged = {"%d": "%m", "%m": "%d"}
    return exchanged[format[:2]] + format[2] + exchanged[format[3:5]] + format[5:]


def in_order(values: Sequence[str], format: str) -> int:
    """How many neighbours are in order of time, read by a format."""
    times = [datetime.strptime(value, format) for value in values if _fits(value, format)]
    return sum(earlier <= later for earlier, later in pairwise(times))


def _fits(text: str, format: str) -> bool:
    try:
        datetime.strptime(text, format)
    except ValueError:
        return False
    return True
