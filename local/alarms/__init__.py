"""CloudWatch alarms that are evaluated: on every PutMetricData and every few seconds. moto only stores them."""

import datetime
import json
import logging
import threading
import time
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from local.alarms import notices
from local.alarms.evaluation import OPERATORS, Rule, datapoints, decide
from local.alarms.statistics import samples_of, statistic_named
from local.cloud import Cloud
from local.seams import Seams
from local.service_events import put_service_event
from local.ticking import keep_ticking

log = logging.getLogger(__name__)


def install(cloud: Cloud, tick_seconds: float = 3.0) -> None:
    """Evaluates alarms, and tells EventBridge and the alarm's topics of every change of state."""
    seams = Seams(cloud)
    put_data, put_alarm, update_state = (
        CloudWatchBackend.put_metric_data,
        CloudWatchBackend.put_metric_alarm,
        Alarm.update_state,
    )
    evaluator = Evaluator(cloud)

    def put_metric_data(backend: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        put_data(backend, namespace, metric_data)
        evaluator.evaluate(namespace)

    def put_metric_alarm(backend: Any, name: str, **settings: Any) -> Any:
        _refuse_what_cannot_be_evaluated(settings)
        before = backend.alarms.get(name)
        alarm = put_alarm(backend, name=name, **settings)
        state = notices.State.of(before) if before else None
        # moto starts every alarm as OK, an updated one too
        alarm.state_value = state.value if state else "INSUFFICIENT_DATA"
        if state:
            alarm.state_reason, alarm.state_reason_data = state.reason, state.reason_data
            alarm.state_updated_timestamp = state.timestamp
        return alarm

    def update_and_tell(alarm: Any, reason: str, reason_data: str, state_value: str) -> None:
        before = notices.State.of(alarm)
        update_state(alarm, reason, reason_data, state_value)
        if before.value != state_value:
            _tell(cloud, alarm, before)

    seams.replace(CloudWatchBackend, "put_metric_data", put_metric_data)
    seams.replace(CloudWatchBackend, "put_metric_alarm", put_metric_alarm)
    seams.replace(Alarm, "update_state", update_and_tell)
    keep_ticking(cloud, "alarms", evaluator.evaluate, tick_seconds, log)


class Evaluator:
    """Evaluates the alarms of one cloud, one evaluation at a time."""

    def __init__(self, cloud: Cloud) -> None:
        self._backend = cloudwatch_backends[cloud.account][cloud.region]
        self._lock = threading.Lock()

    def evaluate(self, namespace: str | None = None) -> None:
        """Brings every alarm, or those on one namespace, to the state that its metric calls for."""
        with self._lock:
            alarms = [a for a in self._backend.alarms.values() if namespace in (None, a.namespace)]
            changes = [(alarm, *verdict) for alarm in alarms if (verdict := self._verdict(alarm))]
        # Told without the lock: who is told may put metric data in turn.
        for alarm, state, reason, reason_data in changes:
            alarm.update_state(reason, reason_data, state)

    def _verdict(self, alarm: Any) -> tuple[str, str, str] | None:
        now = time.time()
        name = alarm.statistic or alarm.extended_statistic
        samples = samples_of(alarm, self._backend.metric_data)
        periods = int(alarm.evaluation_periods)
        points = datapoints(samples, statistic_named(name), int(alarm.period), periods, now)
        threshold = float(alarm.threshold)
        to_alarm = int(alarm.datapoints_to_alarm or periods)
        missing = alarm.treat_missing_data or "missing"
        rule = Rule(alarm.comparison_operator, threshold, periods, to_alarm, missing)
        state = decide(rule, points, alarm.state_value)
        if state == alarm.state_value:
            return None
        recent = [point for point in points if point is not None][-periods:]
        data = {
            "version": "1.0",
            "queryDate": notices.instant(datetime.datetime.fromtimestamp(now, datetime.UTC)),
            "statistic": name,
            "period": int(alarm.period),
            "recentDatapoints": recent,
            "threshold": threshold,
        }
        return state, _reason(rule, recent, state), json.dumps(data)


def _reason(rule: Rule, recent: list[float], state: str) -> str:
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {rule.periods - len(recent)} datapoint(s) were unknown."
    if not recent:
        return f"Threshold Crossed: no datapoints were received for {rule.periods} period(s) and {rule.missing}."
    crossed = "" if state == "ALARM" else "not "
    return (
        f"Threshold Crossed: {len(recent)} datapoint(s) {recent} of {rule.periods} evaluated: {rule.comparison} "
        f"{rule.threshold} was {crossed}true for at least {rule.to_alarm} of them."
    )


def _refuse_what_cannot_be_evaluated(settings: dict[str, Any]) -> None:
    if settings.get("metric_data_queries") or settings.get("rule"):
        raise InvalidParameterValue("the laptop cloud evaluates alarms on one metric, not metric math or composites")
    if settings["comparison_operator"] not in OPERATORS:
        raise InvalidParameterValue(f"the laptop cloud does not evaluate {settings['comparison_operator']}")
    try:
        statistic_named(settings["statistic"] or settings["extended_statistic"])
    except ValueError as error:
        raise InvalidParameterValue(str(error)) from error


def _tell(cloud: Cloud, alarm: Any, before: notices.State) -> None:
    detail = notices.state_change(alarm, before)
    put_service_event(cloud, "aws.cloudwatch", "CloudWatch Alarm State Change", detail, [alarm.alarm_arn])
    if not alarm.actions_enabled:
        return
    actions = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}
    subject, text = notices.message(cloud, alarm, before)
    for arn in actions.get(alarm.state_value, alarm.insufficient_data_actions):
        try:
            if arn.split(":")[2] != "sns":
                raise ValueError("the laptop cloud's alarms notify SNS topics only")
            cloud.client("sns").publish(TopicArn=arn, Subject=subject, Message=text)
        except Exception:
            log.exception("alarm %s could not run its action %s", alarm.name, arn)
