"""EventBridge Scheduler on the laptop: schedules fire, to queues, with the input filled in."""

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from evergreen.arrivals import Wake, arrival_of
from evergreen.stores.timers import Timers, TimerTarget
from local.cloud import Cloud
from local.schedules import Scheduler
from local.schedules.expressions import Expression, lateness
from local.state import StateDirectory

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OFF = {"Mode": "OFF"}


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def role(cloud: Cloud) -> str:
    made = cloud.client("iam").create_role(RoleName="scheduler", AssumeRolePolicyDocument="{}")
    return str(made["Role"]["Arn"])


@pytest.fixture
def queue(cloud: Cloud) -> str:
    return str(cloud.client("sqs").create_queue(QueueName=f"q{uuid.uuid4().hex}")["QueueUrl"])


@pytest.fixture
def group(cloud: Cloud) -> Iterator[str]:
    cloud.client("scheduler").create_schedule_group(Name="wakes")
    yield "wakes"
    cloud.client("scheduler").delete_schedule_group(Name="wakes")


def arn_of(cloud: Cloud, queue: str) -> str:
    found = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def messages(cloud: Cloud, queue: str, wait: int = 0) -> list[Any]:
    answer = cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
    for each in answer.get("Messages", []):
        cloud.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return [json.loads(each["Body"]) for each in answer.get("Messages", [])]


def schedule(cloud: Cloud, queue: str, role: str, expression: str, name: str, **more: Any) -> None:
    target = {"Arn": arn_of(cloud, queue), "RoleArn": role, "Input": '{"at": "<aws.scheduler.scheduled-time>"}'}
    cloud.client("scheduler").create_schedule(
        **{"FlexibleTimeWindow": OFF, "Name": name, "ScheduleExpression": expression, "Target": target, **more}
    )


def names(cloud: Cloud) -> list[str]:
    return [each["Name"] for each in cloud.client("scheduler").list_schedules()["Schedules"]]


def test_a_timer_of_dispatch_wakes_it_through_the_queue_and_is_gone(
    cloud: Cloud, queue: str, group: str, role: str
) -> None:
    target = TimerTarget(group, arn_of(cloud, queue), arn_of(cloud, queue), role)
    timers = Timers(cloud.client("scheduler"), target)
    now = datetime.now(UTC) - timedelta(seconds=4)  # so that the test need not wait for long
    for _ in range(3):
        timers.wake("next_purchase", now, now)
    assert len(names(cloud)) == 1, "the same time is the same timer"
    deadline = time.monotonic() + 20
    found: list[Any] = []
    while not found and time.monotonic() < deadline:
        found = messages(cloud, queue, wait=1)
    (event,) = found
    read = arrival_of(event, frozenset({"next_purchase"}))
    assert isinstance(read, Wake)
    assert read.dataset == "next_purchase"
    assert datetime.fromisoformat(read.at) >= now + timedelta(seconds=4)
    while names(cloud) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert names(cloud) == []
    assert messages(cloud, queue) == []


def test_a_recurring_schedule_fires_at_each_of_its_times_and_a_disabled_one_never(
    cloud: Cloud, queue: str, role: str
) -> None:
    clock = Clock()
    scheduler = Scheduler(cloud, clock)
    start = clock.now.replace(second=0, microsecond=0)
    schedule(cloud, queue, role, f"cron({(start.minute + 30) % 60} * * * ? *)", "half")
    schedule(cloud, queue, role, f"cron({(start.minute + 30) % 60} * * * ? *)", "off", State="DISABLED")
    told = []
    for minutes in range(0, 24 * 60 + 1, 10):
        clock.now = start + timedelta(minutes=minutes)
        scheduler.tick()
        told += [each["at"] for each in messages(cloud, queue)]
    expected = [start + timedelta(minutes=30, hours=hour) for hour in range(24)]
    assert told == [f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in expected]
    for name in ("half", "off"):
        cloud.client("scheduler").delete_schedule(Name=name)


def test_a_schedule_that_was_changed_fires_on(cloud: Cloud, queue: str, role: str) -> None:
    clock = Clock()
    scheduler = Scheduler(cloud, clock)
    schedule(cloud, queue, role, "cron(0 0 1 1 ? 2199)", "changed")
    target = {"Arn": arn_of(cloud, queue), "RoleArn": role, "Input": '{"at": "<aws.scheduler.scheduled-time>"}'}
    client = cloud.client("scheduler")
    client.update_schedule(
        Name="changed", FlexibleTimeWindow=OFF, ScheduleExpression="cron(* * * * ? *)", Target=target
    )
    assert client.get_schedule(Name="changed")["State"] == "ENABLED"
    clock.now += timedelta(minutes=2)
    scheduler.tick()
    client.delete_schedule(Name="changed")
    assert messages(cloud, queue)


def test_what_cannot_be_sent_goes_to_the_dead_letters(cloud: Cloud, queue: str, role: str) -> None:
    clock = Clock()
    target = {
        "Arn": arn_of(cloud, queue) + "-of-nobody",
        "RoleArn": role,
        "Input": '{"lost": false}',
        "DeadLetterConfig": {"Arn": arn_of(cloud, queue)},
    }
    schedule(cloud, queue, role, f"at({clock.now:%Y-%m-%dT%H:%M:%S})", "nowhere", Target=target)
    Scheduler(cloud, clock).tick()
    assert {"lost": False} in messages(cloud, queue, wait=1)
    cloud.client("scheduler").delete_schedule(Name="nowhere")


@pytest.mark.parametrize(
    "wrong",
    [
        {"expression": "at(tomorrow)"},
        {"expression": "rate(0 minutes)"},
        {"expression": "cron(0 6 * * * *)"},
        {"expression": "every day"},
        {"ScheduleExpressionTimezone": "Mars/Olympus"},
        {"GroupName": "nobody"},
        {"Target": {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "RoleArn": "arn:aws:iam::1:role/r"}},
    ],
)
def test_one_that_could_never_fire_is_refused(cloud: Cloud, queue: str, role: str, wrong: dict[str, Any]) -> None:
    given = {"expression": "rate(5 minutes)", "name": "wrong", **wrong}
    with pytest.raises(ClientError):
        schedule(cloud, queue, role, **given)


def test_a_rate_begins_when_it_is_made() -> None:
    rate = Expression.read("rate(12 hours)", None)
    assert rate.first(T0) == T0
    assert rate.after(T0, T0) == T0 + timedelta(hours=12)
    assert rate.after(T0 + timedelta(hours=30), T0) == T0 + timedelta(hours=36)


def test_a_one_time_schedule_counts_in_its_time_zone() -> None:
    once = Expression.read("at(2026-03-02T09:30:00)", "Europe/Berlin")
    assert once.first(T0) == datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert once.after(T0, T0) is None


def test_the_place_in_a_flexible_window_is_within_it_and_stays() -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}
    places = [lateness(f"arn:{number}", T0, window) for number in range(50)]
    assert places == [lateness(f"arn:{number}", T0, window) for number in range(50)]
    assert len(set(places)) > 40
    assert all(timedelta(0) <= place < timedelta(minutes=10) for place in places)
    assert lateness("arn:0", T0, {"Mode": "OFF"}) == timedelta(0)


def test_one_time_schedules_outlive_the_cloud_and_recurring_ones_are_the_templates(
    cloud: Cloud, queue: str, group: str, role: str, tmp_path: Path
) -> None:
    schedule(cloud, queue, role, "at(2099-01-01T00:00:00)", "once", GroupName=group, ActionAfterCompletion="DELETE")
    schedule(cloud, queue, role, "rate(5 days)", "again", GroupName=group)
    before = cloud.client("scheduler").get_schedule(GroupName=group, Name="once")
    StateDirectory(cloud, tmp_path).save()
    for name in ("once", "again"):
        cloud.client("scheduler").delete_schedule(GroupName=group, Name=name)
    StateDirectory(cloud, tmp_path).restore()
    assert names(cloud) == ["once"]
    after = cloud.client("scheduler").get_schedule(GroupName=group, Name="once")
    changing = ("CreationDate", "LastModificationDate", "ResponseMetadata")
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
