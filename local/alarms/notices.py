"""What CloudWatch tells others when an alarm changes state."""

import datetime
import json
import uuid
from dataclasses import dataclass
from typing import Any

from local.cloud import Cloud


@dataclass(frozen=True)
class State:
    """The state of an alarm at one moment."""

    value: str
    reason: str
    reason_data: str
    timestamp: datetime.datetime

    @classmethod
    def of(cls, alarm: Any) -> "State":
        """The alarm's state as it is now."""
        reason_data = alarm.state_reason_data or "{}"
        return cls(alarm.state_value, alarm.state_reason, reason_data, alarm.state_updated_timestamp)


def instant(moment: datetime.datetime) -> str:
    """A time as CloudWatch writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _described(state: State) -> dict[str, str]:
    described = {"value": state.value, "reason": state.reason, "timestamp": instant(state.timestamp)}
    return described | ({"reasonData": state.reason_data} if state.reason_data != "{}" else {})


def state_change(alarm: Any, before: State) -> dict[str, Any]:
    """The detail of the event "CloudWatch Alarm State Change"."""
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    stat = {"metric": metric, "period": int(alarm.period), "stat": alarm.statistic or alarm.extended_statistic}
    if alarm.unit:
        stat["unit"] = alarm.unit
    return {
        "alarmName": alarm.name,
        "state": _described(State.of(alarm)),
        "previousState": _described(before),
        "configuration": {
            **({"description": alarm.description} if alarm.description else {}),
            "metrics": [{"id": str(uuid.uuid4()), "metricStat": stat, "returnData": True}],
        },
    }


def message(cloud: Cloud, alarm: Any, before: State) -> tuple[str, str]:
    """Subject and text of the notification to SNS topics."""
    dimensions = [{"name": dimension.name, "value": dimension.value} for dimension in alarm.dimensions]
    text = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": cloud.account,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": instant(alarm.state_updated_timestamp),
        "Region": cloud.region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before.value,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Statistic": (alarm.statistic or alarm.extended_statistic).upper(),
            "Dimensions": dimensions,
            "Period": int(alarm.period),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "missing",
        },
    }
    return f'{alarm.state_value}: "{alarm.name}" in {cloud.region}'[:100], json.dumps(text)
