"""An inference log by its key, and its schema as it is published."""

import json
from pathlib import Path

import pytest

from evergreen.inference import OWN_COLUMNS, REQUIRED, LogObject, NoInferenceLog

SCHEMA = json.loads((Path(__file__).parents[3] / "events" / "inference-log.schema.json").read_text())


def test_a_key_names_the_data_set_and_the_kind_of_log() -> None:
    log = LogObject.of("inference/line_yield/2026/a.jsonl.gz")
    assert (log.dataset, log.name, log.is_json) == ("line_yield", "a.jsonl.gz", True)
    assert not LogObject.of("inference/line_yield/a.csv.gz").is_json


@pytest.mark.parametrize("key", ["inference/a.csv", "inference/d/a.parquet", "inference/d/", "incoming/d/a.csv"])
def test_what_is_no_log_is_refused_with_what_would_be_one(key: str) -> None:
    with pytest.raises(NoInferenceLog, match=r"drop it at|must end in"):
        LogObject.of(key)


def test_the_published_schema_says_what_the_code_says() -> None:
    assert {name: each["description"] for name, each in SCHEMA["properties"].items()} == OWN_COLUMNS
    assert tuple(SCHEMA["required"]) == REQUIRED
