"""Segments: what a prediction means for whoever acts on it, by the contract's own ranges and labels."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, FiniteFloat, model_validator

from evergreen.columns import NAME_PATTERN
from evergreen.metrics import Task
from evergreen.strict import Strict

_LABELLED: tuple[Task, ...] = ("binary", "multiclass")


def _or_labels(schema: dict[str, Any]) -> None:
    """In the JSON Schema: a list of labels is as good as the mapping."""
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "array", "items": {"type": "string"}, "minItems": 1}, mapping]


class Bounds(Strict):
    """A range of numbers."""

    from_: FiniteFloat | None = Field(default=None, alias="from", description="The least number that belongs to it.")
    below: FiniteFloat | None = Field(default=None, description="The least number that no longer does.")

    def holds(self, value: Any) -> bool:
        """Whether the value lies within."""
        if not isinstance(value, int | float):
            return False
        return (self.from_ is None or value >= self.from_) and (self.below is None or value < self.below)

    @model_validator(mode="after")
    def _has_room(self) -> "Bounds":
        if self.from_ is not None and self.below is not None and self.from_ >= self.below:
            raise ValueError(f"nothing is from {self.from_} and below {self.below}; from must be the smaller number")
        return self


class Values(Bounds):
    """A range of predicted numbers, or a list of predicted labels: `[yes, maybe]` or `{one_of: [yes, maybe]}`."""

    model_config = ConfigDict(json_schema_extra=_or_labels)

    one_of: tuple[str, ...] = Field(default=(), description="Labels, as they are predicted.")

    def holds(self, value: Any) -> bool:
        """Whether the value is one of the labels, or lies within the range."""
        return str(value) in self.one_of if self.one_of else super().holds(value)

    @model_validator(mode="before")
    @classmethod
    def _labels_alone(cls, given: Any) -> Any:
        return {"one_of": given} if isinstance(given, list | tuple) else given

    @model_validator(mode="after")
    def _one_kind(self) -> "Values":
        if self.one_of and not (self.from_ is None and self.below is None):
            raise ValueError("labels have no order; give either one_of, or from and below")
        return self


class Conditions(Strict):
    """What a prediction must fulfil to belong to a segment; without any, every prediction does."""

    prediction: Values | None = Field(
        default=None, description="What is predicted: `{from: 14, below: 30}`, or a list of labels."
    )
    probability: Bounds | None = Field(
        default=None, description="The probability beside it, as in `{below: 0.3}`; a regression has none."
    )

    def hold(self, row: Mapping[str, Any]) -> bool:
        """Whether a prediction fulfils them all."""
        asked = (("prediction", self.prediction), ("probability", self.probability))
        return all(each is None or each.holds(row.get(name)) for name, each in asked)


Segments = dict[Annotated[str, Field(max_length=30, pattern=NAME_PATTERN)], Conditions]


def segment_of(segments: Mapping[str, Conditions], row: Mapping[str, Any]) -> str | None:
    """The first segment whose conditions the prediction fulfils; None when it fulfils none."""
    return next((name for name, conditions in segments.items() if conditions.hold(row)), None)


def segment_faults(segments: Mapping[str, Conditions], task: Task) -> Iterator[str]:
    """What cannot be meant, in sentences that begin with the place."""
    names = list(segments)
    for name, conditions in segments.items():
        place = f"segments.{name}"
        values = conditions.prediction
        if conditions.prediction is conditions.probability is None and name != names[-1]:
            yield f"{place}: takes every prediction, so nothing is left for {names[-1]!r}; put it last"
        if conditions.probability is not None and task == "regression":
            yield f"{place}.probability: task regression predicts no probability; use prediction"
        if values is None:
            continue
        if task in _LABELLED and not values.one_of:
            yield f"{place}.prediction: task {task} predicts labels; list those that belong to it, as in [yes, maybe]"
        if task not in _LABELLED and values.one_of:
            yield f"{place}.prediction: task {task} predicts numbers; give a range, as in {{from: 14, below: 30}}"
