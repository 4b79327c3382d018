"""An inference log by its key, and its schema as it is published."""

import json
from pathlib import Path

import pytest

from evergreen.inference import (
    OWN_COLUMNS,
    REQUIRED,
    LogObject,
    NoInferenceLog,
    batch_log,
    batch_logs,
    confidence,
    scored_log,
)
from evergreen.metrics import Task

SCHEMA = json.loads((Path(__file__).parents[3] / "events" / "inference-log.schema.json").read_text())


def test_a_key_names_the_data_set_and_the_kind_of_log() -> None:
    log = LogObject.of("inference/line_yield/2026/a.jsonl.gz")
    assert (log.dataset, log.name, log.is_json) == ("line_yield", "a.jsonl.gz", True)
    assert not LogObject.of("inference/line_yield/a.csv.gz").is_json


def test_what_we_write_ourselves_are_logs_by_their_keys() -> None:
    for key in (scored_log("line_yield", "2026-03-01", "a"), batch_log("line_yield", "r", "part-00000.csv")):
        assert LogObject.of(key).dataset == "line_yield"
    assert batch_log("line_yield", "r", "part-00000.csv").startswith(batch_logs("line_yield", "r"))


@pytest.mark.parametrize(
    ("task", "prediction", "probability", "sure"),
    [
        ("binary", "yes", 0.7, 0.7),
        ("binary", "no", 0.2, 0.8),
        ("multiclass", "yes", 0.4, 0.4),
        ("time_to_event", 12.5, 0.9, None),
        ("regression", 12.5, None, None),
    ],
)
def test_the_confidence_is_the_probability_of_the_label_that_is_predicted(
    task: Task, prediction: object, probability: float | None, sure: float | None
) -> None:
    row = {"prediction": prediction, "probability": probability}
    assert confidence(row, task, "yes" if task == "binary" else None) == sure


@pytest.mark.parametrize("key", ["inference/a.csv", "inference/d/a.parquet", "inference/d/", "incoming/d/a.csv"])
def test_what_is_no_log_is_refused_with_what_would_be_one(key: str) -> None:
    with pytest.raises(NoInferenceLog, match=r"drop it at|must end in"):
        LogObject.of(key)


def test_the_published_schema_says_what_the_code_says() -> None:
    assert {name: each["description"] for name, each in SCHEMA["properties"].items()} == OWN_COLUMNS
    assert tuple(SCHEMA["required"]) == REQUIRED
