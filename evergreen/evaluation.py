"""What EvaluateChallenger found: every model's metrics on the same frozen hold-out rows, scored in one job."""

from typing import Literal

from pydantic import Field

from evergreen.intervals import CheckedInterval
from evergreen.metrics import MetricName, Task
from evergreen.strict import Strict

Role = Literal["challenger", "baseline", "champion"]


class Interval(Strict):
    """Where a metric may as well lie, by the bootstrap."""

    low: float
    high: float


class Comparison(Strict):
    """A paired comparison on the gate metric: positive means the challenger is better."""

    against: Literal["baseline", "champion"]
    improvement: float  # in units of the metric
    relative: float  # as a share of the other's value
    low: float  # of the interval around `improvement`
    high: float
    confidence: float
    resamples: int


class SliceComparison(Strict):
    """Challenger against champion on the hold-out rows that have one value of one column."""

    column: str
    value: str
    rows: int  # that are judged
    challenger: float
    champion: float
    comparison: Comparison


class SliceLeftOut(Strict):
    """Hold-out rows of a slice that were not judged by themselves."""

    column: str
    reason: str  # in words, with numbers


class Leak(Strict):
    """A column that tells the target all alone, as one that is known only afterwards would."""

    column: str
    reason: str  # in words, with numbers
    trusted: bool = False  # by the contract, so it refuses nobody; it is told all the same


class Evaluation(Strict):
    """evaluation.json."""

    task: Task
    metric: MetricName
    rows: int
    judged_rows: int  # those whose event came in task time_to_event, otherwise all
    unjudgeable: str | None = None  # why these rows cannot tell one model from another, in words
    challenger: dict[MetricName, float]
    challenger_sha256: str | None = None  # of the archive that was judged
    baseline: dict[MetricName, float]
    champion: dict[MetricName, float] | None = None
    intervals: dict[Role, dict[MetricName, Interval]] = Field(default={})
    champion_unscorable: str | None = None
    against_baseline: Comparison | None = None  # nothing is compared on rows that are unjudgeable
    against_champion: Comparison | None = None
    slices: tuple[SliceComparison, ...] = ()
    slices_left_out: tuple[SliceLeftOut, ...] = ()
    leaks: tuple[Leak, ...] = ()
    prediction_interval: CheckedInterval | None = None  # the challenger's own, where it has one
    threshold: float | None = None  # of task binary: from which probability on the positive label is told
