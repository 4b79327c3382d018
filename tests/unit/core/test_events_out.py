"""Events out: the schemas that lie under `events/` are those of the events we tell."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from evergreen.event_schemas import FOLDER, schema, schema_file
from evergreen.events_out import EVENTS, EventOut, SegmentChanged, event_out

SHARED = {
    "event_id": "0123456789abcdef",
    "dataset": "next_purchase",
    "run_id": "next-purchase-00002-3f2a9c81",
    "generation": "next-purchase-00002-3f2a9c81",
    "champion": "next-purchase-00001-aaaaaaaa",
    "at": "2026-03-02T09:02:21+00:00",
}
CHANGED: dict[str, Any] = {**SHARED, "entity": "17850", "segment": None, "previous": "at_risk", "sequence": 2}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_the_schema_in_the_folder_is_the_events_own(event: type[EventOut]) -> None:
    written = json.loads((FOLDER / schema_file(event)).read_text())
    assert written == schema(event), "make it anew: python -m evergreen.event_schemas"
    assert set(SHARED) | {"version"} <= set(written["properties"])
    assert set(SHARED) <= set(written["required"])


def test_a_listeners_check_does_not_refuse_a_field_that_a_later_version_adds() -> None:
    assert all("additionalProperties" not in schema(event) for event in EVENTS)


def test_an_event_is_read_back_as_it_was_told() -> None:
    event = SegmentChanged.model_validate(CHANGED)
    assert event_out(event.detail_type, json.loads(json.dumps(event.detail()))) == event


def test_we_tell_nothing_that_the_schema_does_not_say() -> None:
    with pytest.raises(ValidationError):
        SegmentChanged.model_validate({**CHANGED, "customer": "17850"})
