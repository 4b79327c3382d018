"""A log line in CloudWatch's embedded metric format becomes metrics, by which alarms go off."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from container.measure_yield.metric_line import metric_line
from local.cloud import Cloud
from local.metrics_in_logs import metric_data


@pytest.fixture
def write(cloud: Cloud, request: pytest.FixtureRequest) -> Any:
    logs, group = cloud.client("logs"), request.node.name
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")

    def write(*lines: str) -> None:
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    return write


def alarm(cloud: Cloud, **settings: Any) -> str:
    given = {
        "AlarmName": "low",
        "Namespace": "Evergreen",
        "MetricName": "YieldLowerBound",
        "Dimensions": [{"Name": "Dataset", "Value": "a"}],
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 0.7,
        "EvaluationPeriods": 1,
        "Period": 60,
        "Statistic": "Average",
        "TreatMissingData": "ignore",
    } | settings
    cloud.client("cloudwatch").put_metric_alarm(**given)
    return str(given["AlarmName"])


def state(cloud: Cloud, name: str) -> str:
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


def test_a_line_of_measure_yield_sets_off_the_alarm_of_its_data_set_alone(cloud: Cloud, write: Any) -> None:
    name = alarm(cloud)
    write(metric_line("another", {"YieldLowerBound": 0.1}, datetime.now(UTC)))
    assert state(cloud, name) == "INSUFFICIENT_DATA"
    write("plain words", metric_line("a", {"SampleCount": 200, "YieldLowerBound": 0.6}, datetime.now(UTC)))
    assert state(cloud, name) == "ALARM"
    write(metric_line("a", {"SampleCount": 3}, datetime.now(UTC)))
    assert state(cloud, name) == "ALARM", "too few samples say nothing"


def test_silence_is_told_by_the_count_of_measures(cloud: Cloud, write: Any) -> None:
    silence = {"MetricName": "SampleCount", "Statistic": "SampleCount", "Threshold": 1.0, "EvaluationPeriods": 4}
    name = alarm(cloud, AlarmName="silent", TreatMissingData="breaching", **silence)
    write(metric_line("a", {"SampleCount": 0}, datetime.now(UTC)))
    assert state(cloud, name) == "OK", "nothing is judged yet, but a log came"


@pytest.mark.parametrize("line", ["{", '{"_aws": {}}', '{"_aws": 1}', '"_aws"', '{"_aws": {"Timestamp": 1}}'])
def test_a_line_that_only_looks_like_one_makes_no_metrics(line: str) -> None:
    assert list(metric_data(line)) == []


def test_many_values_of_one_metric_are_put_together() -> None:
    directive = {"Namespace": "N", "Dimensions": [["A"], []], "Metrics": [{"Name": "M", "Unit": "Count"}]}
    line = json.dumps({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "A": 7, "M": [1, 2]})
    ((namespace, data),) = metric_data(line)
    assert namespace == "N"
    assert [each["Dimensions"] for each in data] == [[{"Name": "A", "Value": "7"}], []]
    assert all(each["Values"] == [1, 2] and each["Unit"] == "Count" for each in data)
