from collections.abc import Callable
from typing import Any

import pytest

from evergreen.arrivals import (
    AlarmCleared,
    Arrival,
    ExecutionEnded,
    MisplacedObject,
    UnknownEvent,
    arrival_of,
    safe_file_name,
)
from evergreen.layout import OWN_PREFIXES

Sample = Callable[[str], dict[str, Any]]
DATASETS = frozenset({"next_purchase", "line_yield"})


def arrived(event: dict[str, Any]) -> Arrival:
    arrival = arrival_of(event, DATASETS)
    assert isinstance(arrival, Arrival)
    return arrival


def dropped(sample: Sample, **changes: Any) -> dict[str, Any]:
    event = sample("object-dropped")
    event["detail"]["object"] |= changes
    return event


def test_a_dropped_object_is_an_arrival_of_the_data_set_whose_folder_it_lies_in(sample: Sample) -> None:
    arrival = arrived(sample("object-dropped"))
    assert (arrival.dataset, arrival.kind, arrival.size) == ("next_purchase", "object", 48213)
    assert (arrival.bucket, arrival.key) == ("evergreen-data", "incoming/next_purchase/2026-03-01.csv")
    assert arrival.version_id == "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"
    assert arrival.cause == "s3://evergreen-data/incoming/next_purchase/2026-03-01.csv was dropped"
    assert arrival.at == "2026-03-02T08:15:04Z"


def test_the_same_object_version_told_twice_is_one_arrival(sample: Sample) -> None:
    again = sample("object-dropped") | {"id": "another-delivery", "time": "2026-03-02T08:20:00Z"}
    assert arrived(again).arrival_id == arrived(sample("object-dropped")).arrival_id


def test_the_same_key_uploaded_again_is_a_new_arrival(sample: Sample) -> None:
    uploaded_again = dropped(sample, **{"version-id": "another-version"})
    assert arrived(uploaded_again).arrival_id != arrived(sample("object-dropped")).arrival_id


def test_an_object_in_a_subfolder_still_belongs_to_the_data_set(sample: Sample) -> None:
    assert arrived(dropped(sample, key="incoming/line_yield/2026/03/a.csv")).dataset == "line_yield"


def test_an_object_of_an_unversioned_bucket_has_the_null_version(sample: Sample) -> None:
    event = sample("object-dropped")
    del event["detail"]["object"]["version-id"]
    assert arrived(event).version_id == "null"


@pytest.mark.parametrize("key", ["incoming/next_purchase/", "incoming/", "anything/"])
def test_a_folder_marker_asks_for_nothing(sample: Sample, key: str) -> None:
    assert arrival_of(dropped(sample, key=key, size=0), DATASETS) is None


@pytest.mark.parametrize("key", [f"{prefix}next_purchase/a.csv" for prefix in OWN_PREFIXES])
def test_what_a_run_writes_never_asks_for_a_run(sample: Sample, key: str) -> None:
    assert arrival_of(dropped(sample, key=key), DATASETS) is None


@pytest.mark.parametrize(
    "key", ["incoming/next_purchas/a.csv", "incoming/../a.csv", "incoming/a.csv", "next_purchase/a.csv"]
)
def test_a_misplaced_file_is_refused_with_where_it_belongs(sample: Sample, key: str) -> None:
    with pytest.raises(MisplacedObject) as refused:
        arrival_of(dropped(sample, key=key), DATASETS)
    assert refused.value.arrival.dataset == "unknown"
    assert refused.value.arrival.key == key
    assert f"s3://evergreen-data/{key}: no data set takes files there" in str(refused.value)
    assert "s3://evergreen-data/incoming/<data set>/<file>.csv" in str(refused.value)
    assert "line_yield, next_purchase" in str(refused.value)


def test_a_low_yield_is_an_arrival_of_the_data_set_in_the_alarms_dimension(sample: Sample) -> None:
    arrival = arrived(sample("yield-low"))
    assert (arrival.dataset, arrival.kind, arrival.key) == ("next_purchase", "alarm", None)
    assert "Evergreen-next_purchase-observed-yield" in arrival.cause
    assert "0.61" in arrival.cause


def test_the_same_state_change_told_twice_is_one_arrival(sample: Sample) -> None:
    again = sample("yield-low") | {"id": "another-delivery", "time": "2026-03-02T09:00:00Z"}
    assert arrived(again).arrival_id == arrived(sample("yield-low")).arrival_id


def test_the_next_time_the_alarm_rises_is_a_new_arrival(sample: Sample) -> None:
    later = sample("yield-low")
    later["detail"]["state"]["timestamp"] = "2026-03-03T08:17:40.989+0000"
    assert arrived(later).arrival_id != arrived(sample("yield-low")).arrival_id


def test_an_alarm_that_goes_off_says_so_and_one_that_sees_too_little_says_nothing(sample: Sample) -> None:
    event = sample("yield-low")
    event["detail"]["state"]["value"] = "OK"
    alarm = "Evergreen-next_purchase-observed-yield"
    expected = AlarmCleared(dataset="next_purchase", alarm=alarm, at="2026-03-02T08:17:40.989+00:00")
    assert arrival_of(event, DATASETS) == expected
    event["detail"]["state"]["value"] = "INSUFFICIENT_DATA"
    assert arrival_of(event, DATASETS) is None


@pytest.mark.parametrize("dimensions", [{}, {"Dataset": "somebody_elses"}, {"Queue": "next_purchase"}])
def test_an_alarm_without_a_data_set_of_ours_is_refused_by_name(sample: Sample, dimensions: dict[str, str]) -> None:
    event = sample("yield-low")
    event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"] = dimensions
    with pytest.raises(UnknownEvent, match="'Evergreen-next_purchase-observed-yield' names no data set of ours"):
        arrival_of(event, DATASETS)


def test_an_alarm_on_an_expression_finds_the_data_set_in_whichever_metric_has_it(sample: Sample) -> None:
    event = sample("yield-low")
    event["detail"]["configuration"]["metrics"].insert(0, {"id": "e1", "expression": "m1*100", "returnData": True})
    assert arrived(event).dataset == "next_purchase"


def test_a_composite_alarm_is_refused_by_name(sample: Sample) -> None:
    event = sample("yield-low")
    event["detail"]["configuration"] = {"alarmRule": "ALARM(a) OR ALARM(b)"}
    with pytest.raises(UnknownEvent, match="names no data set"):
        arrival_of(event, DATASETS)


def test_an_ended_execution_says_which_run_of_which_data_set_and_how(sample: Sample) -> None:
    assert arrival_of(sample("run-ended"), DATASETS) == ExecutionEnded(
        dataset="next_purchase",
        run_id="next-purchase-00001-3f2a9c81",
        status="ABORTED",
        error="Operator",
        cause="stopped by hand",
    )


def test_an_execution_that_somebody_started_under_a_name_of_their_own_asks_for_nothing(sample: Sample) -> None:
    event = sample("run-ended")
    event["detail"]["name"] = "my-trial"
    assert arrival_of(event, DATASETS) is None


@pytest.mark.parametrize("event", [{}, {"detail-type": "Object Deleted", "source": "aws.s3"}])
def test_any_other_event_is_refused_by_its_type(event: dict[str, str]) -> None:
    with pytest.raises(UnknownEvent, match=repr(event.get("detail-type"))):
        arrival_of(event, DATASETS)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("incoming/a/orders 1.csv", "orders_1.csv"),
        ("a/../naïve?.csv", "na_ve_.csv"),
        ("plain.csv", "plain.csv"),
        ("a/", "file"),
    ],
)
def test_a_file_name_keeps_only_what_every_tool_can_read(key: str, name: str) -> None:
    assert safe_file_name(key) == name


def test_without_versioning_the_sequencer_tells_one_object_of_a_key_from_the_next(sample: Sample) -> None:
    first, again, second = (
        arrived(dropped(sample, **{"version-id": "null", "sequencer": sequencer})) for sequencer in ("A1", "A1", "A2")
    )
    assert first.arrival_id == again.arrival_id != second.arrival_id
    versioned = [arrived(dropped(sample, sequencer=sequencer)).arrival_id for sequencer in ("A1", "A2")]
    assert versioned[0] == versioned[1], "a version is told by its id, whatever else an event says"
