"""The watch after a promotion that a low yield had asked for: is the new champion worse than the one before?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evergreen.champions import Entry
from evergreen.observed_yield import Yield, sure_drop
from evergreen.yield_series import Bucket, YieldSeries

WINDOWS = 3  # of the new champion's judged items are watched, and then no more
_LOOKS = 3  # the yield is looked at again and again, so each look must be surer


@dataclass(frozen=True)
class Counts:
    """Good items of those judged."""

    good: int
    judged: int

    @property
    def share(self) -> float:
        return self.good / self.judged if self.judged else 0.0

    def words(self) -> str:
        return f"{self.share:.1%} ({self.good:,} of {self.judged:,} items)"


@dataclass(frozen=True)
class Comparison:
    """The yield in the last window before a promotion, and since."""

    before: Counts
    since: Counts
    worse_by: float | None  # at least, for sure; None while too little is known

    @property
    def is_worse(self) -> bool:
        return self.worse_by is not None and self.worse_by > 0

    def reason(self) -> str:
        """Why the champion gives way, in words."""
        return (
            f"the yield was {self.before.words()} before its promotion and is {self.since.words()} since, "
            f"for sure {(self.worse_by or 0):.1%} lower"
        )


def promotion_watched(history: Sequence[Entry], champion: str) -> Entry | None:
    """The promotion that made the present champion; None when a rollback brought it, or nothing was before it."""
    changes = [entry for entry in history if entry.event != "PUBLISHED"]
    last = changes[-1] if changes else None
    return last if last and last.event == "PROMOTED" and last.run_id == champion and last.replaced else None


def is_over(looked_at: int, stated: Yield) -> bool:
    """Whether an earlier look, which found nothing worse, was at enough of the new champion's judged items."""
    return looked_at >= WINDOWS * stated.window


def compare(series: YieldSeries, promotion: Entry, stated: Yield) -> Comparison:
    """Compare before and since.

    An item is the new champion's when its log says so; of logs that name no model, by its time.
    """
    promoted_at = datetime.fromisoformat(promotion.at)
    since = [each for each in series.buckets if _is_of(each, promotion.run_id, promoted_at)]
    before = [each for each in series.buckets if each.start < promoted_at and each not in since]
    now, earlier = _total(since), _last_window(before, stated.window)
    enough = now.judged >= stated.samples_needed and earlier.judged >= stated.samples_needed
    confidence = 1 - (1 - stated.confidence_level) / _LOOKS
    sure = sure_drop((earlier.good, earlier.judged), (now.good, now.judged), confidence) if enough else None
    return Comparison(earlier, now, sure)


def _is_of(bucket: Bucket, run_id: str, promoted_at: datetime) -> bool:
    return bucket.model == run_id if bucket.model else bucket.start >= promoted_at


def _total(buckets: Sequence[Bucket]) -> Counts:
    return Counts(sum(each.good for each in buckets), sum(each.judged for each in buckets))


def _last_window(buckets: Sequence[Bucket], window: int) -> Counts:
    """The newest buckets that hold a window of judged items."""
    taken: list[Bucket] = []
    for bucket in reversed(buckets):
        if sum(each.judged for each in taken) >= window:
            break
        taken.append(bucket)
    return _total(taken)
