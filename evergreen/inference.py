"""The inference log: what was predicted for which item, and later how it turned out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from evergreen.contract import Contract
from evergreen.layout import INFERENCE
from evergreen.metrics import Task
from evergreen.strict import Strict
from evergreen.targets import ColumnTarget

OWN_COLUMNS = {  # of every log, whatever the data set
    "item_id": "Who or what was predicted for: a value of the contract's entity.",
    "time": "When, in ISO 8601, UTC: of the inference, or of the outcome where a row brings that alone.",
    "prediction": "What was predicted; empty in a row that brings an outcome alone.",
    "confidence": "The probability, from 0 to 1, of what was predicted.",
    "outcome": "What turned out to be true; empty as long as nobody knows.",
    "model": "The run id of the champion that predicted.",
}
REQUIRED = ("item_id", "time")
CSV, JSON_LINES = (".csv", ".csv.gz"), (".jsonl", ".jsonl.gz")


class NoInferenceLog(ValueError):
    """An object is no inference log; says why, and what would be right."""


@dataclass(frozen=True)
class LogObject:
    """An object under `inference/<data set>/`, by its key."""

    key: str
    dataset: str
    name: str  # its last part

    @classmethod
    def of(cls, key: str) -> "LogObject":
        """Read a key. Raises NoInferenceLog."""
        dataset, _, rest = key.removeprefix(INFERENCE).partition("/")
        if not key.startswith(INFERENCE) or not rest:
            raise NoInferenceLog(f"{key} lies in no data set's folder: drop it at {INFERENCE}<data set>/<name>.csv")
        if not rest.endswith((*CSV, *JSON_LINES)):
            endings = ", ".join((*CSV, *JSON_LINES))
            raise NoInferenceLog(f"{key} is no inference log: its name must end in one of {endings}")
        return cls(key, dataset, rest.rpartition("/")[2])

    @property
    def is_json(self) -> bool:
        """Whether it holds one JSON object per line, and not CSV."""
        return self.name.endswith(JSON_LINES)


def scored_log(dataset: str, day: str, name: str) -> str:
    """The key of a log that our own scoring writes."""
    return f"{INFERENCE}{dataset}/api/{day}/{name}.jsonl"


def batch_logs(dataset: str, run_id: str) -> str:
    """The prefix of the logs of what a run has scored."""
    return f"{INFERENCE}{dataset}/batch/{run_id}/"


def batch_log(dataset: str, run_id: str, part: str) -> str:
    """The key of the log of one part of them."""
    return f"{batch_logs(dataset, run_id)}{part}.gz"


def logs_scores(contract: Contract) -> bool:
    """Whether our own scoring writes inference logs."""
    return contract.observed_yield is not None and contract.observed_yield.log_scores


def confidence(row: Mapping[str, Any], task: Task, positive: str | None) -> float | None:
    """The probability of the label that a prediction row predicts; that of a binary task is of the positive one."""
    match task:
        case "binary":
            probability: float = row["probability"]
            return probability if row["prediction"] == positive else round(1 - probability, 4)
        case "multiclass":
            return float(row["probability"])
        case _:
            return None


def logged_columns(contract: Contract) -> tuple[str, ...]:
    """The contract's columns that a log may hold beside its own: all but the entity, which is its item_id, and the
    target, which is its outcome. The features of an event log are its query's: those are known by the log alone."""
    target = contract.target
    if not isinstance(target, ColumnTarget):
        return ()
    taken = {contract.entity, target.column}
    return tuple(name for name in contract.input.columns if name not in taken and not is_own(name))


def is_own(name: str) -> bool:
    """Whether a name is that of a log's own column; SQL takes names that differ in case only for one."""
    return name.casefold() in OWN_COLUMNS


class LogReport(Strict):
    """report.json beside a log's rejected rows: what became of it."""

    source: str  # s3 URI, as it was dropped
    rows: int
    taken: int  # rows that are observed items now
    rejected: int
    refused: bool = False  # nothing of it was taken
    unknown_items: int = 0  # of the taken: outcomes of which no inference is known yet
    rejected_by_rule: dict[str, int] = Field(default={})
    notes: tuple[str, ...] = ()
