"""The statistic of a metric over periods, from the data that PutMetricData brought."""

import datetime
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One datum: a single value is a set of one."""

    seconds: float
    minimum: float
    maximum: float
    total: float
    count: float


def samples_of(alarm: Any, metric_data: Iterable[Any]) -> list[Sample]:
    """The data of exactly the metric the alarm watches; other dimensions make another metric."""
    dimensions = _dimensions(alarm)
    return [
        _sample(datum)
        for datum in metric_data
        if datum.name == alarm.metric_name
        and datum.namespace == alarm.namespace
        and (not alarm.unit or datum.unit == alarm.unit)
        and _dimensions(datum) == dimensions
    ]


def _dimensions(owner: Any) -> dict[str, str]:
    return {dimension.name: dimension.value for dimension in owner.dimensions}


def _sample(datum: Any) -> Sample:
    time = datum.timestamp
    seconds = (time if time.tzinfo else time.replace(tzinfo=datetime.UTC)).timestamp()
    if hasattr(datum, "sample_count"):
        return Sample(seconds, datum.min, datum.max, datum.sum, datum.sample_count)
    return Sample(seconds, datum.value, datum.value, datum.value, 1.0)


def _percentile(samples: list[Sample], percent: float) -> float:
    values = sorted(sample.maximum for sample in samples)
    rank = percent / 100 * (len(values) - 1)
    low, high = values[math.floor(rank)], values[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


_STATISTICS: dict[str, Callable[[list[Sample]], float]] = {
    "Average": lambda samples: sum(s.total for s in samples) / sum(s.count for s in samples),
    "Maximum": lambda samples: max(s.maximum for s in samples),
    "Minimum": lambda samples: min(s.minimum for s in samples),
    "SampleCount": lambda samples: sum(s.count for s in samples),
    "Sum": lambda samples: sum(s.total for s in samples),
}


def statistic_named(name: str) -> Callable[[list[Sample]], float]:
    """The function for Average, Maximum, Minimum, SampleCount, Sum or a percentile such as p99.9."""
    if name in _STATISTICS:
        return _STATISTICS[name]
    if not name.startswith("p") or not name[1:].replace(".", "", 1).isdigit():
        raise ValueError(f"the laptop cloud has no statistic {name}; it has {', '.join(_STATISTICS)} and pNN")
    return lambda samples: _percentile(samples, float(name[1:]))
