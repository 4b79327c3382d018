"""The observed yield: which inferences count as good, and when their share asks for a new model."""

from datetime import timedelta
from math import ceil, sqrt
from statistics import NormalDist

from pydantic import Field, model_validator

from evergreen.durations import DURATION_PATTERN, duration
from evergreen.strict import Strict

VERDICT_COLUMNS = ("outcome", "prediction", "confidence")  # what good_when may name
_LONGEST_SILENCE = timedelta(days=7)  # CloudWatch looks back no further
_PERIODS_OF_SILENCE = (8, 7, 6, 5, 4, 3, 2, 1)


class Yield(Strict):
    """When the observed yield of the data set asks for a new model."""

    good_when: str | None = Field(
        default=None,
        min_length=1,
        description="DuckDB expression over outcome, prediction and confidence, such as `prediction = outcome`: true "
        "for a good inference, NULL while nobody knows; without it, [you publish the yield](#the-observed-yield).",
    )
    threshold: float = Field(
        gt=0,
        lt=1,
        description="With good_when, the lower bound of the yield below which a run is asked for; without it, the "
        "yield itself.",
    )
    window: int = Field(
        default=200, ge=10, le=1_000_000, description="How many of the newest judged items the yield is measured over."
    )
    min_samples: int | None = Field(
        default=None, ge=1, description="Fewer judged items give no verdict; without it, the whole window is needed."
    )
    confidence_level: float = Field(
        default=0.95, ge=0.5, lt=1, description="How sure the lower bound of the yield (Wilson, one-sided) is."
    )
    evaluation_periods: int = Field(default=1, ge=1, description="How many periods an alarm looks at.")
    datapoints_to_alarm: int | None = Field(
        default=None, ge=1, description="How many of these must be bad; without it, all of them."
    )
    period_seconds: int = Field(default=60, ge=60, multiple_of=60, description="CloudWatch's own granularity.")
    drop_tolerance: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="With good_when: how far the yield may be, for sure, below that of the champion's first window.",
    )
    silence_after: str | None = Field(
        default=None,
        pattern=DURATION_PATTERN,
        description="After so long without an inference log people are told; at most 7d.",
    )
    reexamine_after: str = Field(
        default="1h",
        pattern=DURATION_PATTERN,
        description="How long after a run that did not help an alarm that is still on asks again; twice as long after "
        "the next, and so on.",
    )
    reexaminations: int = Field(
        default=2, ge=0, le=10, description="How often it asks again, before people are told that runs do not help."
    )
    rollback: bool = Field(
        default=True,
        description="Whether a champion that was promoted for a low yield, and made it worse, gives way to the one "
        "before by itself.",
    )
    log_scores: bool = Field(
        default=False,
        description="Whether what a run and the API predict is written as [inference logs](#inference-logs), too.",
    )

    @property
    def samples_needed(self) -> int:
        """The fewest judged items that give a verdict."""
        return self.min_samples or self.window

    @property
    def bad_periods(self) -> int:
        """How many periods must be bad for an alarm."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def silence(self) -> tuple[int, int] | None:
        """The silence as an alarm takes it: the seconds of a period, and how many such periods in a row."""
        if self.silence_after is None:
            return None
        minutes = ceil(duration(self.silence_after).total_seconds() / 60)
        return next((minutes // count * 60, count) for count in _PERIODS_OF_SILENCE if minutes % count == 0)

    @model_validator(mode="after")
    def _fits_together(self) -> "Yield":
        if self.bad_periods > self.evaluation_periods:
            raise ValueError("datapoints_to_alarm must not be more than evaluation_periods")
        if self.samples_needed > self.window:
            raise ValueError("min_samples must not be more than window")
        if self.silence_after and not timedelta(0) < duration(self.silence_after) <= _LONGEST_SILENCE:
            raise ValueError("silence_after must be more than nothing, and at most 7d")
        best = wilson_lower(self.samples_needed, self.samples_needed, self.confidence_level)
        if self.good_when and best <= self.threshold:
            raise ValueError(
                f"threshold {self.threshold:g} is out of reach: were all of {self.samples_needed} items good, the "
                f"lower bound would be {best:.3f}; let window and min_samples be at least {self._items_for_threshold()}"
            )
        return self

    def _items_for_threshold(self) -> int:
        square = _quantile(self.confidence_level) ** 2
        return ceil(square * self.threshold / (1 - self.threshold)) + 1


def wilson_lower(good: int, known: int, confidence: float) -> float:
    """The lower bound of a share, one-sided, after Wilson; 0 when nothing is known."""
    return _wilson(good, known, _quantile(confidence), -1)


def wilson_upper(good: int, known: int, confidence: float) -> float:
    """The upper bound of a share, one-sided, after Wilson; 1 when nothing is known."""
    return _wilson(good, known, _quantile(confidence), 1)


def sure_drop(before: tuple[int, int], now: tuple[int, int], confidence: float) -> float:
    """By how much a share (good, known) has fallen at least, after Newcombe; below 0 when it may not have fallen."""
    (good_before, known_before), (good_now, known_now) = before, now
    share_before, share_now = good_before / known_before, good_now / known_now
    below = share_before - wilson_lower(good_before, known_before, confidence)
    above = wilson_upper(good_now, known_now, confidence) - share_now
    return share_before - share_now - sqrt(below**2 + above**2)


def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf(confidence)


def _wilson(good: int, known: int, quantile: float, sign: int) -> float:
    if not known:
        return 0.0 if sign < 0 else 1.0
    share, square = good / known, quantile**2
    middle = share + square / (2 * known)
    spread = quantile * sqrt(share * (1 - share) / known + square / (4 * known**2))
    return min(1.0, max(0.0, (middle + sign * spread) / (1 + square / known)))
