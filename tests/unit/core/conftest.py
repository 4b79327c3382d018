"""The sample events under `events/`, fresh for each test, and a data set's folder to spoil."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTRACT: dict[str, Any] = {
    "id": "orders",
    "entity": "customer",
    "task": "time_to_event",
    "input": {
        "columns": {
            "customer": {"type": "integer"},
            "at": {"type": "timestamp", "required": True},
            "price": {"type": "number"},
        }
    },
    "features": "features.sql",
    "target": {"duration": "days", "horizon_days": 90},
    "split": {"by": "cutoffs", "column": "at"},
}


@pytest.fixture
def sample() -> Callable[[str], dict[str, Any]]:
    """Reads `events/<name>.sample.json`."""

    def read(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.sample.json").read_text())
        return event

    return read


TABLE: dict[str, Any] = {
    "id": "failures",
    "task": "binary",
    "input": {"columns": {"speed": {"type": "number"}, "failed": {"type": "boolean"}}},
    "target": {"column": "failed", "positive": "true"},
    "split": {"by": "random"},
}


@pytest.fixture
def contract() -> dict[str, Any]:
    """A small contract that says what a contract must say."""
    copy: dict[str, Any] = json.loads(json.dumps(CONTRACT))
    return copy


@pytest.fixture
def table() -> dict[str, Any]:
    """A small contract of a table."""
    copy: dict[str, Any] = json.loads(json.dumps(TABLE))
    return copy
