"""One-time schedules, as the snapshot holds them; recurring ones are the templates'."""

from typing import Any

from moto.scheduler.models import scheduler_backends

from local.cloud import Cloud

_ONCE = "at("


def capture(cloud: Cloud) -> list[dict[str, Any]]:
    """Every schedule that fires once and has not yet."""
    groups = scheduler_backends[cloud.account][cloud.region].schedule_groups
    schedules = [schedule.to_dict() for group in list(groups.values()) for schedule in list(group.schedules.values())]
    return [each for each in schedules if each["ScheduleExpression"].startswith(_ONCE)]


def restore(cloud: Cloud, schedules: list[dict[str, Any]]) -> None:
    """Sets them again, if their group is there; what came due meanwhile fires at once."""
    backend = scheduler_backends[cloud.account][cloud.region]
    for each in schedules:
        group = backend.schedule_groups.get(each["GroupName"])
        if group and each["Name"] not in group.schedules:
            backend.create_schedule(
                description=each["Description"],
                end_date=each["EndDate"],
                flexible_time_window=each["FlexibleTimeWindow"],
                group_name=each["GroupName"],
                kms_key_arn=each["KmsKeyArn"],
                name=each["Name"],
                schedule_expression=each["ScheduleExpression"],
                schedule_expression_timezone=each["ScheduleExpressionTimezone"],
                start_date=each["StartDate"],
                state=each["State"],
                target=each["Target"],
                action_after_completion=each["ActionAfterCompletion"],
            )
