"""The series of the observed yield: how many items were judged good, by time and by model."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from pydantic import Field

from evergreen.observed_yield import Yield, sure_drop, wilson_lower
from evergreen.strict import Strict

MOST_FINE = 2_000  # buckets of a period each; older ones become days
MOST_DAYS = 730
_A_DAY = 86_400


class Bucket(Strict):
    """The items of one model in one span of time."""

    start: datetime
    seconds: int
    model: str | None = None
    items: int  # inferences, whether their outcome is known or not
    judged: int  # those of which it is known whether they are good
    good: int


class Measure(Strict):
    """The observed yield over the last window of judged items."""

    at: datetime  # when it was measured
    samples: int
    good: int
    model: str | None = None  # the model that predicts now
    level: tuple[int, int] | None = None  # good and judged of that model's first window

    def share(self) -> float:
        """The observed yield."""
        return self.good / self.samples

    def bound(self, confidence: float) -> float:
        """Its lower bound."""
        return wilson_lower(self.good, self.samples, confidence)

    def drop(self, confidence: float) -> float | None:
        """By how much it is below the level of the model's first window at least; None without a level."""
        return sure_drop(self.level, (self.good, self.samples), confidence) if self.level and self.samples else None


class YieldSeries(Strict):
    """series.json: the counts of every span of time, corrected by late outcomes, and the newest measure."""

    dataset: str
    stated: Yield | None = None  # what the contract said when it was measured
    buckets: tuple[Bucket, ...] = ()  # oldest first
    measure: Measure | None = None

    def recomputed(self, since: datetime, buckets: Iterable[Bucket], stated: Yield) -> "YieldSeries":
        """With these buckets in the place of all that start at `since`, the beginning of a day, or later."""
        kept = [each for each in self.buckets if each.start < since]
        ordered = sorted([*kept, *buckets], key=_order)
        return self.model_copy(update={"buckets": tuple(_coarser(ordered, stated))})

    def level(self, model: str | None, stated: Yield) -> tuple[int, int] | None:
        """Good and judged items of a model's first window; None as long as that has too few."""
        good = judged = 0
        for bucket in self.buckets:
            if bucket.model == model:
                good, judged = good + bucket.good, judged + bucket.judged
                if judged >= stated.window:
                    break
        return (good, judged) if judged >= stated.samples_needed else None


class Point(Strict):
    """What was known of the yield at the end of one span of time."""

    end: datetime
    model: str | None = None
    good: int
    judged: int
    bound: float | None = Field(default=None)  # None as long as too few are judged

    @property
    def share(self) -> float:
        return self.good / self.judged


def points(series: YieldSeries, stated: Yield) -> list[Point]:
    """The yield over the last window, at the end of each span of time; of each model by itself."""
    found: list[Point] = []
    behind: dict[str | None, list[tuple[int, int]]] = {}
    for bucket in series.buckets:
        if not bucket.judged:
            continue
        window = behind.setdefault(bucket.model, [])
        window.append((bucket.good, bucket.judged))
        while sum(judged for _, judged in window[1:]) >= stated.window:
            window.pop(0)
        good, judged = sum(good for good, _ in window), sum(judged for _, judged in window)
        enough = judged >= stated.samples_needed
        bound = wilson_lower(good, judged, stated.confidence_level) if enough else None
        end = bucket.start + timedelta(seconds=bucket.seconds)
        found.append(Point(end=end, model=bucket.model, good=good, judged=judged, bound=bound))
    return found


def _coarser(buckets: Sequence[Bucket], stated: Yield) -> list[Bucket]:
    """Old buckets joined to days, and the oldest days forgotten."""
    if len(buckets) <= MOST_FINE:
        return list(buckets)
    cut = _day(buckets[-MOST_FINE].start)
    old = sorted((each for each in buckets if each.start < cut), key=lambda each: (_day(each.start), each.model or ""))
    days = [_joined(list(same)) for _, same in groupby(old, key=lambda each: (_day(each.start), each.model or ""))]
    return [*days[-MOST_DAYS:], *(each for each in buckets if each.start >= cut)]


def _joined(same: list[Bucket]) -> Bucket:
    items, judged = sum(each.items for each in same), sum(each.judged for each in same)
    good, first = sum(each.good for each in same), same[0]
    return Bucket(start=_day(first.start), seconds=_A_DAY, model=first.model, items=items, judged=judged, good=good)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _order(bucket: Bucket) -> tuple[datetime, str]:
    return bucket.start, bucket.model or ""
