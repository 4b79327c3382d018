"""Requests as Dispatch reads them: each is one arrival, and whatever else comes on the queue is refused in words."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evergreen.arrivals import Arrival, ExecutionEnded, MisplacedObject, RefusedRequest, UnknownEvent, arrival_of
from evergreen.requests import RunRequest, promotion_request
from tests.unit.core.conftest import ROOT

Sample = Callable[[str], dict[str, Any]]
DATASETS = frozenset({"next_purchase", "line_yield"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = ("detail", "time", "source", "resources")
KEYS = ("dataset", "request_id", "kind", "reason", "by", "task_token", "object", "bucket", "name", "state", "status")


def arrived(event: dict[str, Any]) -> Arrival:
    arrival = arrival_of(event, DATASETS)
    assert isinstance(arrival, Arrival)
    return arrival


def requested(sample: Sample, **changes: Any) -> dict[str, Any]:
    event = sample("run-requested")
    event["detail"] |= changes
    return event


def test_a_request_is_an_arrival_that_says_who_asks_and_why(sample: Sample) -> None:
    arrival = arrived(sample("run-requested"))
    assert (arrival.dataset, arrival.kind, arrival.key, arrival.task_token) == ("next_purchase", "manual", None, None)
    ada = "arn:aws:sts::123456789012:assumed-role/analyst/ada"
    assert arrival.cause == f"asked for by hand ({ada}): the prices were corrected"
    assert arrival.at == "2026-03-02T09:30:00Z"


def test_the_same_request_told_twice_is_one_arrival_even_with_another_token(sample: Sample) -> None:
    first, again = (arrived(requested(sample, task_token=token)) for token in ("one", "two"))
    assert first.arrival_id == again.arrival_id
    assert (first.task_token, again.task_token) == ("one", "two")


def test_one_request_id_for_two_data_sets_is_two_arrivals(sample: Sample) -> None:
    other = arrived(requested(sample, dataset="line_yield"))
    assert other.arrival_id != arrived(sample("run-requested")).arrival_id


def test_the_token_is_no_part_of_what_is_written_down(sample: Sample) -> None:
    assert "task_token" not in arrived(requested(sample, task_token="secret")).model_dump()


def test_a_data_set_that_is_none_is_refused_with_those_there_are(sample: Sample) -> None:
    with pytest.raises(RefusedRequest, match=r"no data set 'next'; there are: line_yield, next_purchase") as refused:
        arrival_of(requested(sample, dataset="next", task_token="t"), DATASETS)
    assert (refused.value.asked, refused.value.task_token) == ("next", "t")


@pytest.mark.parametrize(
    "changes", [{"dataset": 5}, {"dataset": {}}, {"kind": "odd"}, {"request_id": ""}, {"reason": 7}, {"more": 1}]
)
def test_an_odd_request_is_refused_by_what_is_wrong_and_who_waits_can_be_told(
    sample: Sample, changes: dict[str, Any]
) -> None:
    with pytest.raises(RefusedRequest, match=next(iter(changes))) as refused:
        arrival_of(requested(sample, task_token="t", **changes), DATASETS)
    assert refused.value.task_token == "t"


def test_a_promotion_asks_once_for_each_run_and_data_set() -> None:
    first = promotion_request("line_yield", "next_purchase", "next-purchase-00001-3f2a9c81")
    again = promotion_request("line_yield", "next_purchase", "next-purchase-00001-3f2a9c81")
    later = promotion_request("line_yield", "next_purchase", "next-purchase-00002-aaaaaaaa")
    other = promotion_request("next_purchase", "line_yield", "next-purchase-00001-3f2a9c81")
    assert first.arrival_id == again.arrival_id
    assert len({each.arrival_id for each in (first, later, other)}) == 3
    assert first.cause.endswith("(next-purchase-00001-3f2a9c81): next_purchase has a new champion")


def test_a_very_long_reason_is_cut_but_the_detail_keeps_it() -> None:
    request = RunRequest(dataset="a", request_id="1", kind="manual", reason="x" * 5000)
    assert len(request.cause) < 600
    assert request.detail()["reason"] == "x" * 5000
    assert "task_token" not in request.detail()


@settings(suppress_health_check=[HealthCheck.too_slow])  # of a machine that does much else
@given(
    st.sampled_from(["object-dropped", "run-ended", "run-requested", "yield-low", ""]),
    st.dictionaries(st.sampled_from(PLACES), JSON, max_size=2),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3),
)
def test_whatever_comes_is_read_or_refused_and_never_crashes(
    name: str, changes: dict[str, Any], within: dict[str, Any]
) -> None:
    event: dict[str, Any] = json.loads(json.dumps(_SAMPLES[name]))
    if isinstance(event.get("detail"), dict):
        event["detail"] |= within
    event |= changes
    with suppress(MisplacedObject, UnknownEvent):
        read = arrival_of(event, DATASETS)
        assert read is None or isinstance(read, Arrival | ExecutionEnded)


@given(JSON)
def test_what_is_no_event_at_all_is_refused(event: Any) -> None:
    with pytest.raises(UnknownEvent):
        arrival_of(event, DATASETS)


def _read_samples() -> dict[str, Any]:
    found = {path.name.split(".")[0]: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.sample.json")}
    return {**found, "": {}}


_SAMPLES = _read_samples()


def test_a_token_longer_than_any_is_refused_and_nobody_can_be_answered_with_it(sample: Sample) -> None:
    with pytest.raises(RefusedRequest, match="task_token: String should have at most 2048") as refused:
        arrival_of(requested(sample, task_token="t" * 2049), DATASETS)
    assert refused.value.task_token is None
