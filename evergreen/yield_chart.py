"""The observed yield as a chart of characters: one column per span of time, the threshold as a line across."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, floor

from evergreen.yield_series import Point
from evergreen.yield_story import MARKS, Happening, YieldStory

HEIGHT = 12
_MARGIN = 7  # characters of the scale
_SHARE, _BOUND, _THRESHOLD = "o", "•", "─"


def chart(told: YieldStory, width: int) -> list[str]:
    """Lines of a chart, at most `width` characters wide; the newest at the right."""
    columns = max(10, width - _MARGIN)
    begin, end = _span(told)
    shown = _thinned(told.points, columns, begin, end)
    low, high = _scale(told)
    rows = [[" "] * columns for _ in range(HEIGHT)]
    line = _row(told.stated.threshold, low, high)
    rows[line] = [_THRESHOLD] * columns
    for place, point in shown.items():
        rows[_row(point.share, low, high)][place] = _SHARE
        if point.bound is not None:
            rows[_row(point.bound, low, high)][place] = _BOUND
    labels = {0: high, HEIGHT - 1: low, line: told.stated.threshold}
    lines = [
        f"{labels[number]:5.2f} ┤{''.join(row)}" if number in labels else f"      │{''.join(row)}"
        for number, row in enumerate(rows)
    ]
    marks = _marks(told.happenings, columns, begin, end)
    stamps = f"{begin:%Y-%m-%d %H:%M}".ljust(columns - 20) + f"{end:%Y-%m-%d %H:%M} UTC"
    legend = f"{_SHARE} yield   {_BOUND} its lower bound   {_THRESHOLD} threshold   "
    legend += "   ".join(f"{mark} {kind}" for kind, mark in MARKS.items())
    return [*(each.rstrip() for each in lines), f"      └{marks}", " " * _MARGIN + stamps, " " * _MARGIN + legend]


def _span(told: YieldStory) -> tuple[datetime, datetime]:
    times = [each.end for each in told.points]
    begin, end = times[0] - timedelta(seconds=told.stated.period_seconds), times[-1]
    inside = [each.at for each in told.happenings if each.at > begin]
    end = max([end, *inside])
    return begin, end if end > begin else begin + timedelta(minutes=1)


def _place(at: datetime, columns: int, begin: datetime, end: datetime) -> int:
    return min(columns - 1, max(0, floor((at - begin) / (end - begin) * columns)))


def _thinned(points: Sequence[Point], columns: int, begin: datetime, end: datetime) -> dict[int, Point]:
    """The lowest point of each column, or a short fall would not be seen."""
    found: dict[int, Point] = {}
    for point in points:
        place = _place(point.end, columns, begin, end)
        if place not in found or point.share < found[place].share:
            found[place] = point
    return found


def _scale(told: YieldStory) -> tuple[float, float]:
    values = [told.stated.threshold]
    for each in told.points:
        values += [each.share, each.share if each.bound is None else each.bound]
    low, high = floor(min(values) * 20) / 20, ceil(max(values) * 20) / 20
    return (low, high) if high > low else (low - 0.05, high)


def _row(value: float, low: float, high: float) -> int:
    return round((high - value) / (high - low) * (HEIGHT - 1))


def _marks(happenings: Sequence[Happening], columns: int, begin: datetime, end: datetime) -> str:
    row = ["─"] * columns
    for each in happenings:
        if each.at >= begin:
            row[_place(each.at, columns, begin, end)] = MARKS[each.kind]
    return "".join(row)
