import json
from collections.abc import Callable
from typing import Any

import pytest

from evergreen.dead_letters import DeadLetter, explain

Sample = Callable[[str], dict[str, Any]]
DATASETS = frozenset({"next_purchase"})


def letter(event: Any, undelivered: str | None = None) -> DeadLetter:
    return DeadLetter(message_id="1", body=json.dumps(event), undelivered=undelivered)


def test_an_event_that_dispatch_failed_with_is_told_as_what_it_asks_for(sample: Sample) -> None:
    found = explain(letter(sample("object-dropped")), DATASETS)
    assert found.what == "next_purchase: s3://evergreen-data/incoming/next_purchase/2026-03-01.csv was dropped"
    assert "its log says why" in found.why
    assert found.readable


def test_an_event_that_was_never_delivered_says_why(sample: Sample) -> None:
    found = explain(letter(sample("run-ended"), "no permission"), DATASETS)
    assert found.what == "next_purchase: run next-purchase-00001-3f2a9c81 ended as ABORTED"
    assert found.why == "no permission"


def test_a_misplaced_file_is_told_as_such(sample: Sample) -> None:
    event = sample("object-dropped")
    event["detail"]["object"]["key"] = "incoming/nobody/a.csv"
    found = explain(letter(event), DATASETS)
    assert "no data set takes files there" in found.what
    assert found.readable


@pytest.mark.parametrize("event", [{"detail-type": "?", "source": "x"}, [], 5, None, {"detail-type": "Run Requested"}])
def test_what_nobody_can_read_is_told_to_come_back(event: Any) -> None:
    found = explain(letter(event), DATASETS)
    assert not found.readable
    assert found.what
    assert found.why


def test_what_is_no_json_is_shown_as_it_is() -> None:
    found = explain(DeadLetter(message_id="1", body="<xml>" + "x" * 1000), DATASETS)
    assert (found.readable, found.what[:5], len(found.what)) == (False, "<xml>", 300)
