"""What is predicted, and how rows become training, validation and hold-out rows."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from evergreen.strict import Strict

FILE_PATTERN = r"^\w[\w. -]*$"  # a file beside dataset.yaml, never one elsewhere


class EventTarget(Strict):
    """Task time_to_event: the days from the cut-off to the entity's next event, known up to the horizon."""

    sql: str = Field(
        default="target.sql",
        pattern=FILE_PATTERN,
        description="DuckDB query over `followup` giving entity and duration.",
    )
    duration: str = Field(description="Column of days to the event; no row means no event within the horizon.")
    horizon_days: int = Field(gt=0, description="Length of the follow-up window that every label needs in full.")


class ColumnTarget(Strict):
    """Tasks regression, binary and multiclass: a column of the data; rows without a value are scored, not learned."""

    column: str = Field(description="The column to predict.")
    positive: str | None = Field(
        default=None, description="Task binary: the value, as text, whose probability is predicted."
    )


class CutoffSplit(Strict):
    """An event log: features as of many cut-offs, labels from the days after each; the newest one is the hold-out."""

    by: Literal["cutoffs"] = Field(description="Which kind of split this is.")
    column: str = Field(description="The timestamp column that says when a row became known.")
    every_days: int = Field(default=14, gt=0, description="Days between two training cut-offs.")
    min_history_days: int = Field(default=42, gt=0, description="History that the earliest cut-off must have.")
    validation_share: float = Field(
        default=0.2, gt=0, lt=0.5, description="Share of entities whose training rows choose the number of trees."
    )


class TimeSplit(Strict):
    """A table in order of time: the newest rows are the hold-out."""

    by: Literal["time"] = Field(description="Which kind of split this is.")
    column: str = Field(description="The timestamp column that orders the rows; it is no feature.")
    holdout_share: float = Field(default=0.2, gt=0, lt=0.5, description="Share of the rows, the newest, to judge by.")
    validation_share: float = Field(
        default=0.2,
        gt=0,
        lt=0.5,
        description="Share of the other rows, drawn by entity, that choose the number of trees.",
    )


class RandomSplit(Strict):
    """A table without an order: entities (without one: whole rows) are drawn by hash, the same in every run."""

    by: Literal["random"] = Field(description="Which kind of split this is.")
    holdout_share: float = Field(default=0.2, gt=0, lt=0.5, description="Share of the entities to judge by.")
    validation_share: float = Field(
        default=0.2, gt=0, lt=0.5, description="Share of the other entities, which choose the number of trees."
    )


def _kind_of_target(given: Any) -> str | None:
    if isinstance(given, EventTarget | ColumnTarget):
        given = given.model_fields_set
    elif not isinstance(given, dict):
        return None
    return "column" if "column" in given else "events"


Target = Annotated[
    Annotated[EventTarget, Tag("events")] | Annotated[ColumnTarget, Tag("column")], Discriminator(_kind_of_target)
]
Split = Annotated[CutoffSplit | TimeSplit | RandomSplit, Field(discriminator="by")]
