"""The contract: everything a user states about one data set, as typed by `datasets/<id>/dataset.yaml`."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evergreen.columns import NAME_PATTERN, Input
from evergreen.endpoint import Endpoint
from evergreen.gate import Gate
from evergreen.hyperparameters import unknown
from evergreen.intervals import WITH_INTERVAL
from evergreen.keeping import Keeping
from evergreen.metrics import OF_TASK, MetricName, Task
from evergreen.observed_yield import Yield
from evergreen.pacing import Pacing
from evergreen.schedule import Schedule
from evergreen.segments import Segments, segment_faults
from evergreen.strict import Strict
from evergreen.targets import FILE_PATTERN, ColumnTarget, CutoffSplit, EventTarget, RandomSplit, Split, Target
from evergreen.teachers import TASKS as TAUGHT_TASKS
from evergreen.teachers import Teachers
from evergreen.training import Training


class Contract(Strict):
    """One thing to predict: its data, target, training, gate and yield."""

    id: Annotated[
        str, Field(max_length=30, pattern=NAME_PATTERN, description="The data set's name, which is its folder's, too.")
    ]
    description: str = Field(default="", description="What is predicted, in a sentence for people.")
    entity: str | None = Field(
        default=None, description="The column that names who or what is predicted for; without it, the row's number."
    )
    task: Task = Field(description="What kind of prediction; time_to_event needs an event log, the others a table.")
    input: Input = Field(description="What a dropped file must look like: see [input](#input).")
    features: str | None = Field(
        default=None,
        pattern=FILE_PATTERN,
        description="Event logs only: DuckDB query over `history` giving one row per entity. "
        "A table needs none: its columns are the features, as they are.",
    )
    target: Target = Field(description="What is predicted.")
    split: Split = Field(description="How rows become training, validation and hold-out rows.")
    training: Training = Field(
        default=Training(), description="How a challenger is trained: see [training](#training)."
    )
    gate: Gate = Field(default=Gate(), description="What a challenger must show: see [gate](#gate).")
    drift: Literal["warn", "block"] = Field(
        default="warn",
        description="What a large drift against the champion's data does: a note, or no run; see [drift](#drift).",
    )
    observed_yield: Yield | None = Field(
        default=None, alias="yield", description="Asks for a run when it falls: see [yield](#yield)."
    )
    teachers: Teachers | None = Field(
        default=None,
        description="Learns from recent samples that two teachers agree on: see [teachers](#teachers).",
    )
    segments: Segments = Field(
        default={},
        description="What predictions mean for whoever acts on them, the first that fits: see [segments](#segments).",
    )
    predictions: Keeping = Field(
        default=Keeping(),
        description="How long predictions stay, and their intervals: see [predictions](#predictions).",
    )
    endpoint: Endpoint | None = Field(
        default=None,
        description="A real-time endpoint of its own, which follows the champion: see [endpoint](#endpoint). Without "
        "it, rows are scored by a function that costs nothing idle.",
    )
    retrain_after: tuple[str, ...] = Field(
        default=(),
        description="Other data sets; a new champion of one of them asks for a run of this one, on the rows there are.",
    )

    runs: Pacing = Field(default=Pacing(), description="How often the data set may run: see [runs](#runs).")
    schedule: Schedule | None = Field(
        default=None, description="Asks for a run by the clock, without anything new: see [schedule](#schedule)."
    )

    @property
    def metric(self) -> MetricName:
        """The metric that decides."""
        return self.gate.metric or OF_TASK[self.task][0]

    @property
    def hyperparameters(self) -> dict[str, str]:
        """What the training job is told: the algorithm, by which metric it will be judged, and what the user states."""
        told: dict[str, str] = {"algorithm": self.training.algorithm, "metric": self.metric}
        told |= {"quantile": str(self.gate.quantile)} if self.metric == "pinball" else {}
        told |= {"interval": str(self.predictions.interval)} if self.task in WITH_INTERVAL else {}
        return told | {name: str(value) for name, value in self.training.hyperparameters.items()}

    @property
    def time_column(self) -> str | None:
        """The column that orders rows in time, if there is one."""
        return None if isinstance(self.split, RandomSplit) else self.split.column

    @property
    def sql_files(self) -> tuple[str, ...]:
        """The files beside dataset.yaml that the contract names."""
        return (self.features or "", self.target.sql) if isinstance(self.target, EventTarget) else ()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> "Contract":
        faults = [*self._unknown_columns(), *self._blind_gate(), *self._wrong_kinds(), *self._wrong_metrics()]
        faults += [*unknown(self.training, self.task), *segment_faults(self.segments, self.task)]
        faults += self._unteachable()
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _unknown_columns(self) -> Iterator[str]:
        """Every column that a part of the contract names must be declared."""
        named = [("entity", self.entity), ("split.column", self.time_column)]
        named += [("input.key", name) for name in self.input.key]
        if isinstance(self.target, ColumnTarget):
            named.append(("target.column", self.target.column))
            named += [("gate.slices", name) for name in self.gate.slices]  # an event log's are those of its query
            named += [("gate.trusted", name) for name in self.gate.trusted]
        for role, name in named:
            if name is not None and name not in self.input.columns:
                near = get_close_matches(name, self.input.columns, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(self.input.columns)}"
                yield f"{role} is {name!r}, which input.columns does not declare{hint}"

    def _blind_gate(self) -> Iterator[str]:
        """What names, orders or labels rows makes no slices, and only features can be taken for leaks."""
        if not isinstance(self.target, ColumnTarget):
            return
        roles = (self.entity, self.time_column, self.target.column)
        for name in self.gate.slices:
            if name in roles:
                yield f"gate.slices: {name!r} is the entity, the time column or the target, which makes no slices"
        for name in self.gate.trusted:
            column = self.input.columns.get(name)
            if column and (name in roles or not column.feature):
                yield f"gate.trusted: {name!r} is no feature, so it is taken for no leak"

    def _wrong_kinds(self) -> Iterator[str]:
        """An event log has an entity, queries and cut-offs; a table has a target column."""
        time = self.time_column
        if time in self.input.columns and self.input.columns[time].type != "timestamp":
            yield f"split.column {time!r} must be of type timestamp"
        if self.task == "time_to_event":
            if self.entity is None:
                yield "task time_to_event needs an entity"
            if self.features is None:
                yield "task time_to_event needs features: the name of an SQL file beside dataset.yaml"
            if not (isinstance(self.target, EventTarget) and isinstance(self.split, CutoffSplit)):
                yield "task time_to_event needs target: {sql, duration, horizon_days} and split: {by: cutoffs, …}"
            if self.input.arrives == "replace":
                yield "task time_to_event needs arrives: append, for its rows are events"
            return
        if not isinstance(self.target, ColumnTarget) or isinstance(self.split, CutoffSplit):
            yield f"task {self.task} needs target: {{column: …}} and split: {{by: random}} or {{by: time, column: …}}"
            return
        if self.features is not None:
            yield f"task {self.task} takes the columns as they are; leave out features"
        if (self.target.positive is None) == (self.task == "binary"):
            yield "target.positive is for task binary, and needed there: the value whose probability is predicted"
        if self.target.column in (self.entity, time):
            yield f"target.column {self.target.column!r} cannot be the entity or the time column, too"
        target = self.input.columns.get(self.target.column)
        if target and self.task == "regression" and target.type not in ("integer", "number"):
            yield f"task regression needs a target of type number or integer, not {target.type}"
        if target and self.task != "regression" and target.type in ("number", "timestamp"):
            yield f"task {self.task} needs a target of type text, integer or boolean, not {target.type}"

    def _unteachable(self) -> Iterator[str]:
        """Inference logs name items by the entity and bring features, time and outcome; rows are made of no more."""
        if self.teachers is None:
            return
        if self.task not in TAUGHT_TASKS or not isinstance(self.target, ColumnTarget):
            yield f"teachers: two models can agree on a label only, so they are for task {' or '.join(TAUGHT_TASKS)}"
            return
        if self.entity is None:
            yield "teachers: needs an entity, by which inference logs name their items"
        if self.input.arrives == "replace":
            yield "teachers: needs arrives: append, for recent items join the rows there are"
        brought = (self.entity, self.time_column, self.target.column)
        for name, column in self.input.columns.items():
            if column.required and not column.feature and name not in brought:
                yield f"teachers: {name!r} is required and no feature, so no inference log brings it; let it be empty"

    def _wrong_metrics(self) -> Iterator[str]:
        """A metric belongs to a task."""
        of_task = OF_TASK[self.task]
        asked = {"gate.metric": [self.gate.metric], "gate.floors": self.gate.floors, "gate.guards": self.gate.guards}
        for place, names in asked.items():
            for name in names:
                if name is not None and name not in of_task:
                    yield f"{place}: {name} is no metric of task {self.task}; it has {', '.join(of_task)}"
