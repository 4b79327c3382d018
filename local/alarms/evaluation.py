"""How CloudWatch decides the state of a metric alarm."""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.alarms.statistics import Sample

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}

# CloudWatch looks at a few periods more than the alarm names, so that late data still counts; its documentation
# shows two more.
_EXTRA_PERIODS = 2


@dataclass(frozen=True)
class Rule:
    """What an alarm compares, in how many of how many periods, and what a missing datapoint means."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str  # missing | ignore | breaching | notBreaching


def datapoints(
    samples: Sequence[Sample], statistic: Callable[[list[Sample]], float], period: int, periods: int, now: float
) -> list[float | None]:
    """The datapoints of the evaluation range, oldest first; the running period is in it as soon as it has data."""
    by_period: dict[int, list[Sample]] = {}
    for sample in samples:
        by_period.setdefault(math.floor(sample.seconds / period), []).append(sample)
    running = math.floor(now / period)
    last = running if running in by_period else running - 1
    wanted = range(last - periods - _EXTRA_PERIODS + 1, last + 1)
    return [statistic(by_period[number]) if number in by_period else None for number in wanted]


def decide(rule: Rule, points: Sequence[float | None], current: str) -> str:
    """The state that follows from the datapoints: OK, ALARM or INSUFFICIENT_DATA."""
    present = [point for point in points if point is not None]
    recent = present[-rule.periods :]
    breaching = sum(_breaches(rule, point) for point in recent)
    absent = rule.periods - len(recent)
    if breaching + (absent if rule.missing == "breaching" else 0) >= rule.to_alarm:
        return "ALARM"
    if absent == 0 or rule.missing in ("breaching", "notBreaching") or len(recent) > breaching:
        return "OK"
    if rule.missing == "ignore":
        return current
    return "ALARM" if _only_breaching_since(rule, points) else "INSUFFICIENT_DATA"


def _breaches(rule: Rule, point: float) -> bool:
    return OPERATORS[rule.comparison](point, rule.threshold)


def _only_breaching_since(rule: Rule, points: Sequence[float | None]) -> bool:
    """Whether a breaching datapoint is old enough to alarm, with nothing but breaching or missing ones after it."""
    window = points[-rule.periods :]
    oldest = next((age for age, point in zip(range(len(window), 0, -1), window, strict=True) if point is not None), 0)
    return oldest >= rule.to_alarm
