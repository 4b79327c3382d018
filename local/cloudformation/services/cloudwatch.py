"""AWS::CloudWatch."""

from local.cloudformation.resource import Made, Resource, ResourceType, as_json


def put_alarm(wanted: Resource, before: Resource | None) -> Made:
    """Creates a metric alarm or brings it up to date."""
    name = before.physical_id if before else wanted.name("AlarmName", 255)
    settings = {key: value for key, value in wanted.properties.items() if key != "AlarmName"}
    wanted.client("cloudwatch").put_metric_alarm(AlarmName=name, **settings)
    return name, {"Arn": wanted.arn("cloudwatch", f"alarm:{name}")}


def delete_alarm(alarm: Resource) -> None:
    """Deletes an alarm."""
    alarm.client("cloudwatch").delete_alarms(AlarmNames=[alarm.physical_id])


def put_dashboard(wanted: Resource, before: Resource | None) -> Made:
    """Creates a dashboard or replaces its body."""
    name = wanted.name("DashboardName", 255)
    body = as_json(wanted.properties["DashboardBody"])
    wanted.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)
    return name, {}


def delete_dashboard(dashboard: Resource) -> None:
    """Deletes a dashboard."""
    dashboard.client("cloudwatch").delete_dashboards(DashboardNames=[dashboard.physical_id])


TYPES = {
    "AWS::CloudWatch::Alarm": ResourceType(put_alarm, delete_alarm, immutable=("AlarmName",)),
    "AWS::CloudWatch::Dashboard": ResourceType(put_dashboard, delete_dashboard, immutable=("DashboardName",)),
}
