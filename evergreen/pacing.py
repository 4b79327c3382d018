"""Pacing: when what waits may start a run; pure arithmetic on times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field, model_validator

from evergreen.durations import DURATION_PATTERN, duration
from evergreen.strict import Strict

ASKED_FOR = frozenset({"manual", "many", "redrive"})  # kinds of arrival by which a person asks for a run now
_A_DAY = timedelta(hours=24)
_NOTICEABLE = timedelta(seconds=5)  # less is the time that an event takes


class Pacing(Strict):
    """How often a data set may run, and what waits for what. Whatever is held back runs later, by itself."""

    quiet_period: str = Field(
        default="0s",
        pattern=DURATION_PATTERN,
        description="A run starts when nothing new came for so long, so that a burst of files makes one run.",
    )
    longest_wait: str = Field(
        default="1h",
        pattern=DURATION_PATTERN,
        description="How long the quiet period may put a run off, counted from the first that waits.",
    )
    min_interval: str = Field(
        default="0s", pattern=DURATION_PATTERN, description="The least time from one run's start to the next one's."
    )
    max_runs_per_day: int = Field(
        default=100, ge=1, le=1000, description="The most runs that start in any 24 hours, whoever asks for them."
    )
    batch_deadline: str = Field(
        default="1h",
        pattern=DURATION_PATTERN,
        description="How long a [batch](#batches) may be incomplete before people are told of it.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> "Pacing":
        if duration(self.longest_wait) < duration(self.quiet_period):
            raise ValueError("longest_wait must not be shorter than quiet_period")
        return self


class Rule(StrEnum):
    """What decides when a run may start."""

    AT_ONCE = "at_once"
    QUIET_PERIOD = "quiet_period"
    LONGEST_WAIT = "longest_wait"
    MIN_INTERVAL = "min_interval"
    MAX_RUNS_PER_DAY = "max_runs_per_day"
    AFTER_ROLLBACK = "after_rollback"


class Waiting(Strict):
    """One arrival that waits: when it was recorded, and what kind it is."""

    recorded_at: datetime
    kind: str


class NextStart(Strict):
    """The earliest time at which what waits may start a run, and why not earlier."""

    at: datetime
    rule: Rule
    why: str  # in words


def next_start(waiting: Sequence[Waiting], started: Sequence[datetime], pacing: Pacing, *more: NextStart) -> NextStart:
    """When the next run may start, given what waits (not empty), when the runs so far started, and what more holds it.

    It depends on these alone, not on the time at which it is asked: so it never moves while nothing happens.
    """
    first = min(each.recorded_at for each in waiting)
    bounds = [NextStart(at=first, rule=Rule.AT_ONCE, why="nothing held it back"), *more]
    if not any(each.kind in ASKED_FOR for each in waiting):
        bounds += [_quiet(first, max(each.recorded_at for each in waiting), pacing)]
        if started:
            after = max(started) + duration(pacing.min_interval)
            why = f"runs start at least {pacing.min_interval} apart (min_interval)"
            bounds.append(NextStart(at=after, rule=Rule.MIN_INTERVAL, why=why))
    limit = pacing.max_runs_per_day
    if len(started) >= limit:
        why = f"at most {limit} runs start in 24 hours (max_runs_per_day)"
        after = sorted(started)[-limit] + _A_DAY
        bounds.append(NextStart(at=after, rule=Rule.MAX_RUNS_PER_DAY, why=why))
    return max(bounds, key=lambda bound: bound.at)  # of equals the first, the one that holds nothing back


def why_it_waited(
    first: datetime, now: datetime, start: NextStart, noted: NextStart | None, others: Sequence[tuple[datetime, str]]
) -> str:
    """What a run's first arrival waited for: of the contract's rule and the others, what ended last.

    What was noted to hold it back for longer than until now was overruled: somebody asked, or the contract changed.
    """
    rules = [(start.at, start.why)] if start.rule != Rule.AT_ONCE else []
    reasons = [(until, why) for until, why in (*rules, *others) if until > first]
    if reasons:
        return max(reasons, key=lambda reason: reason[0])[1]
    if noted and noted.at > now and now - first >= _NOTICEABLE:
        return f"{noted.why}, until somebody asked for a run or the contract changed"
    return "nothing held it back"


def _quiet(first: datetime, last: datetime, pacing: Pacing) -> NextStart:
    quiet, longest = last + duration(pacing.quiet_period), first + duration(pacing.longest_wait)
    if longest < quiet:
        why = f"new arrivals kept coming, for {pacing.longest_wait} (longest_wait)"
        return NextStart(at=longest, rule=Rule.LONGEST_WAIT, why=why)
    if duration(pacing.quiet_period) == timedelta(0):
        return NextStart(at=first, rule=Rule.AT_ONCE, why="nothing held it back")
    why = f"it waits until nothing new came for {pacing.quiet_period} (quiet_period)"
    return NextStart(at=quiet, rule=Rule.QUIET_PERIOD, why=why)
