"""Spans of time as a contract states them: a number and a unit, such as `90s`, `15m`, `6h` or `2d`."""

import re
from datetime import timedelta

DURATION_PATTERN = r"^[0-9]{1,5}[smhd]$"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """The span that a text states. Raises ValueError when it states none."""
    if not re.fullmatch(DURATION_PATTERN, text):
        raise ValueError(f"{text!r} is no duration: write a number and s, m, h or d, like 90s, 15m, 6h or 2d")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
