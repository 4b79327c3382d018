"""AWS::Scheduler."""

from local.cloudformation.resource import Made, Resource, ResourceType

_SETTINGS = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)


def put_group(wanted: Resource, before: Resource | None) -> Made:
    """Creates a group of schedules."""
    name = before.physical_id if before else wanted.name("Name", 64)
    if before is None:
        wanted.client("scheduler").create_schedule_group(Name=name)
    return name, {"Arn": wanted.arn("scheduler", f"schedule-group/{name}"), "State": "ACTIVE"}


def delete_group(group: Resource) -> None:
    """Deletes a group with its schedules."""
    group.client("scheduler").delete_schedule_group(Name=group.physical_id)


def put_schedule(wanted: Resource, before: Resource | None) -> Made:
    """Creates a schedule or brings it up to date."""
    scheduler = wanted.client("scheduler")
    group = wanted.properties.get("GroupName", "default")
    name = before.physical_id if before else wanted.name("Name", 64)
    settings = wanted.given(*_SETTINGS)
    window = settings["FlexibleTimeWindow"]
    if "MaximumWindowInMinutes" in window:
        settings["FlexibleTimeWindow"] = {**window, "MaximumWindowInMinutes": int(window["MaximumWindowInMinutes"])}
    change = scheduler.update_schedule if before else scheduler.create_schedule
    change(Name=name, GroupName=group, **settings)
    return name, {"Arn": wanted.arn("scheduler", f"schedule/{group}/{name}")}


def delete_schedule(schedule: Resource) -> None:
    """Deletes a schedule."""
    group = schedule.properties.get("GroupName", "default")
    schedule.client("scheduler").delete_schedule(Name=schedule.physical_id, GroupName=group)


TYPES = {
    "AWS::Scheduler::ScheduleGroup": ResourceType(put_group, delete_group, immutable=("Name",)),
    "AWS::Scheduler::Schedule": ResourceType(put_schedule, delete_schedule, immutable=("Name", "GroupName")),
}
