"""What the API answers, as its OpenAPI document describes it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evergreen.scoring import RowFault


class Open(BaseModel):
    """A document that may say more than it must."""

    model_config = ConfigDict(extra="allow")


class Problem(BaseModel):
    """Why a request was refused, and what would be right."""

    message: str
    known: list[str] = Field(default=[], description="What there is instead.")
    faults: list[RowFault] = Field(default=[], description="What is wrong with the rows that were sent.")


class DatasetInBrief(BaseModel):
    """One data set and what is in use."""

    id: str
    description: str
    task: str
    champion: str | None = Field(description="The run whose model is in use.")
    generation: str | None = Field(description="The run whose predictions are published.")


class DatasetList(BaseModel):
    """Every data set of the deployment."""

    datasets: list[DatasetInBrief]


class DatasetInFull(Open):
    """One data set: its champion, what is published, its yield and its last runs."""

    id: str
    description: str
    task: str
    entity: str | None
    champion: dict[str, Any] | None
    published: dict[str, Any] | None
    observed_yield: dict[str, Any] | None = Field(alias="yield")
    endpoint: dict[str, Any] | None = Field(description="The real-time endpoint, where the data set has one.")
    last_runs: list[dict[str, Any]]


class Prediction(Open):
    """One entity's prediction; with probability, segment, model, as_of and scored_at where it has them."""

    entity: str
    generation: str
    prediction: float | str


class OnePrediction(Prediction):
    """One entity's prediction, from the published generation."""

    dataset: str


class Entities(BaseModel):
    """Whose predictions are asked for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"entities": ["17850", "13047"]}]})

    entities: Annotated[list[Annotated[str, Field(min_length=1, max_length=1000)]], Field(min_length=1, max_length=100)]


class SomePredictions(BaseModel):
    """The predictions of several entities, all of one generation."""

    dataset: str
    generation: str
    predictions: list[Prediction]
    missing: list[str] = Field(description="Entities that the generation has no prediction for.")


class Rows(BaseModel):
    """Rows to be scored now."""

    model_config = ConfigDict(extra="forbid")

    rows: Annotated[list[dict[str, Any]], Field(min_length=1)] = Field(
        description="Of a table: its columns by name. Of an event log: the columns that its features query yields. "
        "null where a value is unknown."
    )
    explain: bool = Field(default=False, description="Whether to say what each feature adds; for at most 100 rows.")


class Scored(BaseModel):
    """One answer for each row, in the order of the rows."""

    champion: str
    predictions: list[dict[str, Any]]
    answered_by: Literal["function", "endpoint"] = Field(
        default="function", description="The endpoint where the data set has one that answers with the champion."
    )


class SegmentUpdate(BaseModel):
    """What the CRM will be told."""

    dataset: str
    customer_id: str
    segment: str | None
    event_id: str


class DatasetHealth(BaseModel):
    """Which champion is in use, and which the scoring function holds in memory."""

    champion: str | None
    loaded: str | None


class Health(BaseModel):
    """Whether predictions can be read and rows scored."""

    status: str
    datasets: dict[str, DatasetHealth]
