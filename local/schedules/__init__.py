"""EventBridge Scheduler that fires: one-time and recurring schedules, to queues. moto only stores them."""

import datetime
import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, scheduler_backends

from local.cloud import Cloud
from local.role_sessions import RoleSessions
from local.schedules.expressions import UTC, Expression, lateness
from local.seams import Seams
from local.ticking import keep_ticking

log = logging.getLogger(__name__)

Clock = Callable[[], datetime.datetime]


def _now() -> datetime.datetime:
    return datetime.datetime.now(UTC)


def install(cloud: Cloud, tick_seconds: float = 0.25, clock: Clock = _now) -> None:
    """Refuses schedules that could never fire, and fires the others when they are due."""
    seams = Seams(cloud)
    scheduler = Scheduler(cloud, clock)

    def create(backend: Any, **settings: Any) -> Any:
        _refuse_what_cannot_fire(backend, settings)
        return stock_create(backend, **settings)

    def update(backend: Any, **settings: Any) -> Any:
        _refuse_what_cannot_fire(backend, settings)
        settings["state"] = settings.get("state") or "ENABLED"  # what is not stated; moto would have it fire no more
        return stock_update(backend, **settings)

    stock_create = seams.replace(EventBridgeSchedulerBackend, "create_schedule", create)
    stock_update = seams.replace(EventBridgeSchedulerBackend, "update_schedule", update)
    keep_ticking(cloud, "schedules", scheduler.tick, tick_seconds, log)


def _refuse_what_cannot_fire(backend: Any, settings: dict[str, Any]) -> None:
    backend.get_schedule_group(settings["group_name"])
    try:
        Expression.read(settings["schedule_expression"], settings["schedule_expression_timezone"])
    except ValueError as error:
        raise ValidationException(str(error)) from error
    if settings["target"]["Arn"].split(":")[2] != "sqs":
        raise ValidationException("The laptop cloud's schedules send to SQS queues only.")


@dataclass
class _Next:
    """What one version of a schedule does next."""

    changed: float
    expression: Expression
    due: datetime.datetime | None  # as the expression says
    fires: datetime.datetime | None  # later by its place in the flexible window


class Scheduler:
    """The schedules of one cloud, looked at again and again."""

    def __init__(self, cloud: Cloud, clock: Clock) -> None:
        self._cloud = cloud
        self._clock = clock
        self._roles = RoleSessions(cloud)
        self._nexts: dict[str, _Next] = {}

    def tick(self) -> None:
        """Fire whatever is due."""
        now = self._clock()
        groups = scheduler_backends[self._cloud.account][self._cloud.region].schedule_groups
        schedules = {each.arn: each for group in list(groups.values()) for each in list(group.schedules.values())}
        self._nexts = {arn: self._next(schedule) for arn, schedule in schedules.items()}
        for arn, schedule in schedules.items():
            coming = self._nexts[arn]
            if coming.due and coming.fires and coming.fires <= now:
                self._fire(schedule, coming, groups[schedule.group_name])

    def _next(self, schedule: Any) -> _Next:
        known = self._nexts.get(schedule.arn)
        if known and known.changed == schedule.last_modified_date:
            return known
        expression = Expression.read(schedule.schedule_expression, schedule.schedule_expression_timezone)
        due = expression.first(datetime.datetime.fromtimestamp(schedule.last_modified_date, UTC))
        return self._coming(schedule, _Next(schedule.last_modified_date, expression, due, None))

    def _coming(self, schedule: Any, coming: _Next) -> _Next:
        late = lateness(schedule.arn, coming.due, schedule.flexible_time_window) if coming.due else None
        coming.fires = coming.due + late if coming.due and late is not None else None
        return coming

    def _fire(self, schedule: Any, coming: _Next, group: Any) -> None:
        due, created = coming.due, datetime.datetime.fromtimestamp(schedule.last_modified_date, UTC)
        if due is None:
            return
        coming.due = coming.expression.after(max(due, self._clock()), created)
        self._coming(schedule, coming)
        if schedule.state == "ENABLED":
            self._deliver(schedule, due)
        if coming.due is None and schedule.action_after_completion == "DELETE":
            group.schedules.pop(schedule.name, None)

    def _deliver(self, schedule: Any, due: datetime.datetime) -> None:
        """Send the input as the schedule's role; what fails is logged and goes to the target's dead-letter queue."""
        target = schedule.target
        body = _filled_in(target.get("Input") or "{}", schedule.arn, due)
        try:
            self._send(target["RoleArn"], target["Arn"], body)
        except Exception as error:
            log.exception("schedule %s could not send to %s", schedule.name, target["Arn"])
            dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
            if dead_letters:
                facts = {"ERROR_CODE": type(error).__name__, "ERROR_MESSAGE": str(error), "SCHEDULE_ARN": schedule.arn}
                attributes = {name: {"DataType": "String", "StringValue": value} for name, value in facts.items()}
                self._send(target["RoleArn"], dead_letters, body, MessageAttributes=attributes)

    def _send(self, role_arn: str, queue_arn: str, body: str, **more: Any) -> None:
        account, name = queue_arn.split(":")[4:6]
        queue_url = f"{self._cloud.endpoint_url}/{account}/{name}"
        client = self._roles.client("sqs", role_arn, "scheduler")
        client.send_message(QueueUrl=queue_url, MessageBody=body, **more)


def _filled_in(text: str, arn: str, due: datetime.datetime) -> str:
    """The input with the context attributes that EventBridge Scheduler knows."""
    attributes = {
        "schedule-arn": arn,
        "scheduled-time": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": uuid.uuid4().hex[:16],
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", json.dumps(value)[1:-1])
    return text
