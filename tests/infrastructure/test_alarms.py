import json
import re
from typing import Any

import pytest

from evergreen.contracts import Contracts
from evergreen.observed_yield import Yield
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Template, text


def alarm(template: Template, namespace: str, metric: str, dimension: str) -> dict[str, Any]:
    """The only alarm on a metric of one thing."""
    (found,) = (
        each
        for each in template.of("AWS::CloudWatch::Alarm").values()
        if (each["Namespace"], each["MetricName"]) == (namespace, metric)
        and [text(one["Value"]) for one in each["Dimensions"]] == [dimension]
    )
    return found


def calls_people(template: Template, found: dict[str, Any]) -> bool:
    topic, _ = template.one("AWS::SNS::Topic")
    return bool(
        [text(action) for action in found.get("AlarmActions", [])] == [f"${{{topic}}}"]
        and found.get("ActionsEnabled", True)
        and found["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and (found["Threshold"], found["EvaluationPeriods"]) == (1, 1)
        and found["Statistic"] in ("Sum", "Maximum")
        and found["TreatMissingData"] == "notBreaching"
    )


@pytest.mark.parametrize("room", ["Arrivals", "Inference", "Segments"])
def test_one_dead_letter_calls_people(template: Template, room: str) -> None:
    queue, _ = template.named("AWS::SQS::Queue", f"{room}DeadLetters")
    found = alarm(template, "AWS/SQS", "ApproximateNumberOfMessagesVisible", f"${{{queue}.QueueName}}")
    assert calls_people(template, found)


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_one_failed_run_calls_people(template: Template, metric: str) -> None:
    machine, _ = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    assert calls_people(template, alarm(template, "AWS/States", metric, f"${{{machine}}}"))


def test_one_error_of_any_function_calls_people(template: Template) -> None:
    functions = template.of("AWS::Lambda::Function")
    assert functions
    for name in functions:
        assert calls_people(template, alarm(template, "AWS/Lambda", "Errors", f"${{{name}}}")), name


def test_each_contract_with_a_yield_has_the_alarm_it_states(template: Template, contracts: Contracts) -> None:
    stated = {id_: contracts[id_].contract.observed_yield for id_ in contracts.ids}
    expected = {id_: each for id_, each in stated.items() if each}
    assert {bool(each.good_when) for each in expected.values()} == {True, False}
    for id_, each in expected.items():
        found = alarm(template, "Evergreen", "YieldLowerBound" if each.good_when else "ObservedYield", id_)
        assert found["AlarmName"] == f"Evergreen-{id_}-observed-yield"
        assert found["ComparisonOperator"] == "LessThanThreshold"
        assert found["Threshold"] == each.threshold
        assert stays_as_it_is_in_silence(found, each)


def test_a_measured_yield_has_an_alarm_on_its_drop_too(template: Template, contracts: Contracts) -> None:
    for id_ in contracts.ids:
        each = contracts[id_].contract.observed_yield
        if each and each.good_when:
            found = alarm(template, "Evergreen", "YieldDrop", id_)
            assert found["AlarmName"] == f"Evergreen-{id_}-yield-drop"
            assert (found["ComparisonOperator"], found["Threshold"]) == ("GreaterThanThreshold", each.drop_tolerance)
            assert stays_as_it_is_in_silence(found, each)


def stays_as_it_is_in_silence(found: dict[str, Any], stated: Yield) -> bool:
    """Whether an alarm looks at what the contract says, and sparse data neither fires nor ends it."""
    return bool(
        found["Dimensions"][0]["Name"] == "Dataset"
        and (found["Period"], found["EvaluationPeriods"]) == (stated.period_seconds, stated.evaluation_periods)
        and found["DatapointsToAlarm"] == stated.bad_periods
        and found["Statistic"] == "Average"
        and found["TreatMissingData"] == "ignore"
        and "AlarmActions" not in found
    )


def test_the_sample_of_a_low_yield_is_of_an_alarm_that_is_deployed(template: Template) -> None:
    event = json.loads((ROOT / "events" / "yield-low.sample.json").read_text())["detail"]
    (metric,) = event["configuration"]["metrics"]
    said = metric["metricStat"]["metric"]
    found = alarm(template, said["namespace"], said["name"], said["dimensions"]["Dataset"])
    assert found["AlarmName"] == event["alarmName"]
    assert (found["Period"], found["Statistic"]) == (metric["metricStat"]["period"], metric["metricStat"]["stat"])


def test_the_runbook_has_a_row_for_each_alarm_and_none_for_what_is_no_alarm(template: Template) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = set(re.findall(r"`…([A-Za-z]+)…`", page.split("### What a failed run says")[0]))
    alarms = template.of("AWS::CloudWatch::Alarm")
    titles = {
        re.sub(r"^Alarms|[0-9A-F]{8}$", "", name): each for name, each in alarms.items() if "AlarmName" not in each
    }
    assert rows - titles.keys() == set()
    assert {title for title in titles if not title.endswith("Errors")} <= rows
    for title, each in titles.items():
        assert each["AlarmDescription"].endswith(f"docs/operations.md, …{title}…")
    for name in {each["AlarmName"] for each in alarms.values() if "AlarmName" in each}:
        assert "-".join(["<data set>", *text(name).split("-")[2:]]) in page
