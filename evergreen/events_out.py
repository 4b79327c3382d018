"""Events out: what Evergreen tells whoever listens on its own event bus; the schemas lie under `events/`."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from evergreen.strict import Strict


def _open_to_more(schema: dict[str, Any]) -> None:
    """Fields may be added within a version, so a listener's check must not refuse them."""
    schema.pop("additionalProperties", None)


class EventOut(Strict):
    """The detail of an event; the name of its class is its detail-type."""

    model_config = ConfigDict(json_schema_extra=_open_to_more)

    version: Literal["1"] = Field(default="1", description="Of this form; a field is added within a version.")
    event_id: str = Field(description="The same however often the event is told: at least once.")
    dataset: str
    run_id: str = Field(description="The run whose doing it is; after a rollback, the run that was brought back.")
    generation: str | None = Field(description="What readers see of the data set then.")
    champion: str | None = Field(description="The run whose model is in use then.")
    at: str = Field(description="When it happened: ISO 8601, UTC.")

    @property
    def detail_type(self) -> str:
        """What rules match by."""
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        """What the event says."""
        return self.model_dump(mode="json")


class DataRejected(EventOut):
    """A run's data cannot be used; champion and predictions stay as they were."""

    reason: str


class ChampionPromoted(EventOut):
    """A data set has another champion: by a run's verdict, or by a rollback."""

    cause: Literal["verdict", "rollback"]
    replaced: str | None = Field(description="The champion before.")
    reasons: tuple[str, ...]
    by: str | None = Field(description="Who approved it or rolled back to it.")


class ChampionKept(EventOut):
    """A run's challenger did not become champion."""

    reason: str


class PredictionsPublished(EventOut):
    """Readers see another generation, all of it at once."""

    cause: Literal["run", "rollback"]
    replaced: str | None = Field(description="The generation before.")
    rows: int | None = Field(description="How many entities have a prediction.")
    as_of: str | None = Field(description="The last day that the predictions know of.")
    segments: dict[str, int] = Field(default={}, description="How many of them each segment has.")
    changes: JsonValue = Field(default=None, description="What readers saw before, where that is known.")


class RunFailed(EventOut):
    """A run went wrong; its arrivals wait for the next one."""

    error: str


class SegmentChanged(EventOut):
    """A customer, or whatever the data set predicts for, belongs to another segment."""

    entity: str
    segment: str | None = Field(description="None: no segment any more.")
    previous: str | None = Field(description="The segment that was told last.")
    sequence: int = Field(description="Grows with every generation: what has a smaller one is older news.")


EVENTS: tuple[type[EventOut], ...] = (
    DataRejected,
    ChampionPromoted,
    ChampionKept,
    PredictionsPublished,
    RunFailed,
    SegmentChanged,
)


def event_out(detail_type: str, detail: dict[str, Any]) -> EventOut:
    """An event read back. Raises KeyError, pydantic.ValidationError."""
    return {each.__name__: each for each in EVENTS}[detail_type].model_validate(detail)
