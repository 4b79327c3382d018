import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.alarms.evaluation import Rule, datapoints, decide
from local.alarms.statistics import Sample, statistic_named
from local.cloud import Cloud
from tests.integration.cloud.conftest import Deploy, Receive, outputs_of

ALL = ("missing", "ignore", "breaching", "notBreaching")

# From the tables in the CloudWatch user guide, "Configuring how alarms treat missing data": X is a breaching
# datapoint, 0 is not, - is missing. "=" means that the alarm keeps the state it has.
THREE_OF_THREE = {
    "0-X-X": ("OK", "OK", "OK", "OK"),
    "-----": ("INSUFFICIENT_DATA", "=", "ALARM", "OK"),
    "0XX-X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "--X--": ("ALARM", "=", "ALARM", "OK"),
    "----0": ("OK", "OK", "OK", "OK"),
}
TWO_OF_THREE = {
    "0-X-X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "00X0X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0-X--": ("OK", "OK", "ALARM", "OK"),
    "----0": ("OK", "OK", "ALARM", "OK"),
    "---X-": ("ALARM", "=", "ALARM", "OK"),
}
CASES = [
    (to_alarm, shape, missing, expected)
    for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for shape, states in table.items()
    for missing, expected in zip(ALL, states, strict=True)
]


@pytest.mark.parametrize(("to_alarm", "shape", "missing", "expected"), CASES)
def test_missing_data_is_treated_as_the_user_guide_says(to_alarm: int, shape: str, missing: str, expected: str) -> None:
    points = [{"X": 9.0, "0": 0.0, "-": None}[letter] for letter in shape]
    rule = Rule("GreaterThanThreshold", 5, periods=3, to_alarm=to_alarm, missing=missing)
    assert decide(rule, points, "KEPT") == expected.replace("=", "KEPT")


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [6.0]),
        ("GreaterThanOrEqualToThreshold", [5.0, 6.0]),
        ("LessThanThreshold", [4.0]),
        ("LessThanOrEqualToThreshold", [4.0, 5.0]),
    ],
)
def test_each_comparison_has_its_own_edge(comparison: str, breaching: list[float]) -> None:
    rule = Rule(comparison, 5, periods=1, to_alarm=1, missing="missing")
    assert [value for value in (4.0, 5.0, 6.0) if decide(rule, [value], "OK") == "ALARM"] == breaching


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Average", 2.5), ("Sum", 10), ("Minimum", 1), ("Maximum", 4), ("SampleCount", 4), ("p50", 2.5), ("p100", 4)],
)
def test_each_statistic_is_computed(statistic: str, value: float) -> None:
    samples = [Sample(30, float(n), float(n), float(n), 1) for n in (1, 2, 3, 4)]
    assert datapoints(samples, statistic_named(statistic), 60, 1, now=45)[-1] == value


def test_the_running_period_counts_as_soon_as_it_has_data() -> None:
    average = statistic_named("Average")
    earlier, running = Sample(30, 1, 1, 1, 1), Sample(65, 9, 9, 9, 1)
    assert datapoints([earlier], average, 60, 1, now=70) == [None, None, 1.0]
    assert datapoints([earlier, running], average, 60, 1, now=70) == [None, 1.0, 9.0]


def watched(statistic: str = "Average") -> dict[str, Any]:
    """An alarm as the application has it, with a rule from its events and a topic, both to a queue."""
    return {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                "RawMessageDelivery": True,
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "yield-is-low",
                "Namespace": "Evergreen",
                "MetricName": "ObservedYield",
                "Dimensions": [{"Name": "Dataset", "Value": "a"}],
                "ComparisonOperator": "LessThanThreshold",
                "EvaluationPeriods": 1,
                "Period": 60,
                "Statistic": statistic,
                "Threshold": 0.7,
                "TreatMissingData": "ignore",
                "AlarmActions": [{"Ref": "Topic"}],
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.cloudwatch"],
                    "detail-type": ["CloudWatch Alarm State Change"],
                    "detail": {"state": {"value": ["ALARM"]}, "alarmName": ["yield-is-low"]},
                },
                "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
    }


def put(cloud: Cloud, value: float, dataset: str = "a") -> None:
    datum = {"MetricName": "ObservedYield", "Value": value, "Dimensions": [{"Name": "Dataset", "Value": dataset}]}
    cloud.client("cloudwatch").put_metric_data(Namespace="Evergreen", MetricData=[datum])


def state(cloud: Cloud) -> str:
    (alarm,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=["yield-is-low"])["MetricAlarms"]
    return str(alarm["StateValue"])


def test_a_low_metric_raises_the_alarm_whose_event_and_action_arrive(
    cloud: Cloud, deploy: Deploy, receive: Receive
) -> None:
    names = outputs_of(deploy(watched(), Outputs={"Queue": {"Value": {"Ref": "Queue"}}}))
    assert state(cloud) == "INSUFFICIENT_DATA"
    put(cloud, 0.1, dataset="another")
    assert state(cloud) == "INSUFFICIENT_DATA", "another dimension is another metric"
    put(cloud, 0.5)
    assert state(cloud) == "ALARM"
    messages = receive(names["Queue"], 2)
    (event,) = [message for message in messages if "detail" in message]
    (notice,) = [message for message in messages if "detail" not in message]
    assert event["detail"]["state"]["value"] == "ALARM"
    assert json.loads(event["detail"]["state"]["reasonData"])["recentDatapoints"] == [0.5]
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    (metric,) = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "Evergreen", "name": "ObservedYield", "dimensions": {"Dataset": "a"}},
        "period": 60,
        "stat": "Average",
    }
    assert (notice["AlarmName"], notice["NewStateValue"]) == ("yield-is-low", "ALARM")


def test_an_update_of_the_alarm_keeps_its_state(cloud: Cloud, deploy: Deploy) -> None:
    deploy(watched())
    put(cloud, 0.99)
    assert state(cloud) == "OK"
    deploy(watched("Minimum"))
    assert state(cloud) == "OK"


def test_the_tick_notices_that_no_data_comes(cloud: Cloud, deploy: Deploy) -> None:
    resources = watched()
    resources["Alarm"]["Properties"] |= {"MetricName": "Silent", "TreatMissingData": "breaching"}
    deploy(resources)
    deadline = time.monotonic() + 8
    while state(cloud) != "ALARM" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert state(cloud) == "ALARM"


def test_metric_math_is_refused_clearly(cloud: Cloud) -> None:
    queries = [{"Id": "e", "Expression": "1 + 1", "ReturnData": True}]
    with pytest.raises(ClientError, match="alarms on one metric"):
        cloud.client("cloudwatch").put_metric_alarm(
            AlarmName="math",
            Metrics=queries,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Threshold=1,
        )
