"""Tuning, as a contract states it: which hyperparameters are searched, between which ends, with how many trials."""

from typing import Literal

from pydantic import Field, model_validator

from evergreen.strict import Strict

_MOST_RANGES = 30  # SageMaker's limits, of a tuning job and of the values of one hyperparameter
_MOST_VALUES = 30


class Range(Strict):
    """Where one hyperparameter is searched: between two ends, or among values."""

    min: int | float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="Whole numbers at both ends are searched in whole numbers; 1.0 is none.",
    )
    max: int | float | None = Field(
        default=None, allow_inf_nan=False, description="The other end; it may be tried, too."
    )
    scale: Literal["linear", "log"] = Field(
        default="linear", description="log: as many trials between 0.01 and 0.1 as between 0.1 and 1."
    )
    values: tuple[str | int | float, ...] = Field(
        default=(), max_length=_MOST_VALUES, description="Instead of ends: the values to choose from."
    )

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are tried."""
        return isinstance(self.min, int) and isinstance(self.max, int)

    @model_validator(mode="after")
    def _ends_or_values(self) -> "Range":
        if self.values:
            if self.min is not None or self.max is not None:
                raise ValueError("state min and max, or values, not both")
            if len(set(map(str, self.values))) < len(self.values):
                raise ValueError("values names one twice")
            return self
        if self.min is None or self.max is None:
            raise ValueError("needs min and max, or values")
        if not self.min < self.max:
            raise ValueError(f"min {self.min} must be below max {self.max}")
        if self.scale == "log" and self.min <= 0:
            raise ValueError(f"scale: log needs a min above 0, not {self.min}")
        return self


class Tune(Strict):
    """How hyperparameters are searched; validation rows choose among the trials, the hold-out never does."""

    max_jobs: int = Field(default=12, ge=1, le=100, description="How many trials, each a training job.")
    parallel: int = Field(
        default=2, ge=1, le=10, description="How many at a time; fewer learn more from those before them."
    )
    ranges: dict[str, Range] = Field(
        min_length=1, max_length=_MOST_RANGES, description="What is searched, by the hyperparameter's name."
    )
    seed: int = Field(default=17, ge=0, lt=2**31, description="The same seed searches in the same way.")

    @model_validator(mode="after")
    def _not_more_at_a_time_than_in_all(self) -> "Tune":
        if self.parallel > self.max_jobs:
            raise ValueError(f"parallel {self.parallel} must not be above max_jobs {self.max_jobs}")
        return self
