"""The contract: everything a user states about one data set, as typed by `datasets/<id>/dataset.yaml`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

ColumnType = Literal["text", "integer", "number", "timestamp"]
MetricName = Literal["mae", "concordance", "roc_auc", "brier"]

HIGHER_IS_BETTER: dict[MetricName, bool] = {"mae": False, "concordance": True, "roc_auc": True, "brier": False}

ON_EVENTS: frozenset[MetricName] = frozenset({"mae"})  # told over the rows whose event came; all others over every row


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know, so that a typing error is never silent."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class Column(Strict):
    """One column of the dropped files: its type, whether a row may lack it, and what else it may be called."""

    type: ColumnType
    required: bool = Field(default=False, description="A row without a value here is rejected.")
    aliases: tuple[str, ...] = Field(default=(), description="Other header names that mean this column.")
    formats: tuple[str, ...] = Field(
        default=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"),
        description="strptime formats of a timestamp, tried in order for the whole file.",
    )


class Input(Strict):
    """What a dropped file must look like."""

    columns: dict[str, Column] = Field(min_length=1)
    reject_file_above: float = Field(
        default=0.5, ge=0, le=1, description="A file with a larger share of rejected rows is refused whole."
    )


class Target(Strict):
    """What is predicted: the days from the cut-off to the entity's next event, known up to the horizon."""

    sql: str = Field(default="target.sql", description="DuckDB query over `followup` giving entity and duration.")
    duration: str = Field(description="Column of days to the event; no row means no event within the horizon.")
    horizon_days: int = Field(gt=0, description="Length of the follow-up window that every label needs in full.")


class Split(Strict):
    """How the history becomes training, validation and hold-out rows: by time, never at random."""

    by: Literal["time"] = "time"
    column: str
    every_days: int = Field(default=14, gt=0, description="Days between two training cut-offs.")
    min_history_days: int = Field(default=42, gt=0, description="History that the earliest cut-off must have.")
    validation_share: float = Field(
        default=0.2, gt=0, lt=0.5, description="Share of entities whose training rows choose the number of trees."
    )


class Training(Strict):
    """How a challenger is trained."""

    algorithm: Literal["xgboost"] = "xgboost"
    hyperparameters: dict[str, str | int | float] = {}


class Gate(Strict):
    """What a challenger must show on the hold-out to become champion."""

    metric: MetricName = "mae"
    min_improvement: float = Field(
        default=0.01, ge=0, lt=1, description="Share of the champion's value by which the metric must be better."
    )
    floors: dict[MetricName, float] = Field(default={}, description="Worst value of a metric that may ship.")
    guards: dict[MetricName, float] = Field(
        default={}, description="By how much another metric may be worse than the champion's."
    )
    min_rows: int = Field(default=50, gt=0, description="Fewer hold-out rows than this cannot decide anything.")


class Yield(Strict):
    """When the observed yield of the data set asks for a new model."""

    threshold: float = Field(gt=0, lt=1)
    evaluation_periods: int = Field(default=1, ge=1)
    period_seconds: int = Field(default=60, ge=60, multiple_of=60, description="CloudWatch's own granularity.")


class Contract(Strict):
    """One thing to predict: its data, target, training, gate and yield."""

    id: Annotated[str, Field(max_length=30, pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    description: str = ""
    entity: str
    task: Literal["time_to_event"]
    input: Input
    features: str = Field(default="features.sql", description="DuckDB query over `history` giving one row per entity.")
    target: Target
    split: Split
    training: Training = Training()
    gate: Gate = Gate()
    observed_yield: Yield | None = Field(default=None, alias="yield")

    @model_validator(mode="after")
    def columns_differ_in_more_than_case(self) -> "Contract":
        """SQL takes names that differ in case only for one column."""
        seen: dict[str, str] = {}
        for name in self.input.columns:
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                raise ValueError(f"input.columns {other!r} and {name!r} differ in case only; rename one, with an alias")
        return self

    @model_validator(mode="after")
    def columns_are_declared(self) -> "Contract":
        """The entity and the time column must be among the input's columns."""
        for role, name in (("entity", self.entity), ("split.column", self.split.column)):
            if name not in self.input.columns:
                raise ValueError(f"{role} is {name!r}, which input.columns does not declare")
        if self.input.columns[self.split.column].type != "timestamp":
            raise ValueError(f"split.column {self.split.column!r} must be of type timestamp")
        return self
