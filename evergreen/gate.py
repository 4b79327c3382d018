"""The gate: what a challenger must show on the hold-out to become champion, as a contract states it."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from evergreen.metrics import MetricName
from evergreen.strict import Strict

_A_WEEK = 168  # hours


class Gate(Strict):
    """What a challenger must show on the hold-out to become champion."""

    metric: MetricName | None = Field(default=None, description="The metric that decides; see [metrics](#metrics).")
    quantile: float = Field(
        default=0.5, gt=0, lt=1, description="Which quantile metric pinball asks for: 0.9 is passed by one row in ten."
    )
    min_improvement: float = Field(
        default=0.01, ge=0, lt=1, description="By which share of the champion's value the metric must be better."
    )
    floors: dict[MetricName, FiniteFloat] = Field(default={}, description="Worst value of a metric that may ship.")
    guards: dict[MetricName, FiniteFloat] = Field(
        default={}, description="By how much another metric may be worse than the champion's."
    )
    slices: dict[str, Annotated[FiniteFloat, Field(ge=0, le=1)]] = Field(
        default={},
        description="Columns whose every value is judged by itself (of an event log: the query's), and by which share "
        "of the champion's value the deciding metric may be worse there; many numbers are judged by quarters.",
    )
    trusted: tuple[str, ...] = Field(
        default=(),
        description="Columns that may tell the target all alone: without this, one that does is taken for a leak.",
    )
    min_rows: int = Field(
        default=50,
        gt=0,
        description="Fewer hold-out rows cannot decide anything, and fewer training rows teach nothing.",
    )
    approval: Literal["none", "manual"] = Field(
        default="none", description="manual: a challenger that won becomes champion when a person approves it."
    )
    approval_hours: int = Field(
        default=24,
        ge=1,
        le=_A_WEEK,
        description="How long an approval is waited for before the champion stays; later runs wait, too.",
    )
