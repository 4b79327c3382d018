"""AWS::Events."""

from local.cloudformation.resource import Made, Resource, ResourceType, as_json


def _bus(resource: Resource) -> str:
    return str(resource.properties.get("EventBusName", "default"))


def put_rule(wanted: Resource, before: Resource | None) -> Made:
    """Creates a rule with its targets or brings both up to date."""
    events, bus = wanted.client("events"), _bus(wanted)
    name = before.attributes["Name"] if before else wanted.name("Name", 64)
    settings = wanted.given("Description", "RoleArn", "ScheduleExpression", "State")
    if "EventPattern" in wanted.properties:
        settings["EventPattern"] = as_json(wanted.properties["EventPattern"])
    events.put_rule(Name=name, EventBusName=bus, **settings)
    targets = wanted.properties.get("Targets", [])
    kept = {target["Id"] for target in targets}
    gone = [t["Id"] for t in before.properties.get("Targets", []) if t["Id"] not in kept] if before else []
    if gone:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=gone)
    if targets:
        answer = events.put_targets(Rule=name, EventBusName=bus, Targets=targets)
        if answer["FailedEntryCount"]:
            raise ValueError(f"targets were refused: {answer['FailedEntries']}")
    on_bus = "" if bus == "default" else bus.rsplit("/", 1)[-1] + "/"
    physical_id = name if bus == "default" else f"{on_bus[:-1]}|{name}"
    return physical_id, {"Arn": wanted.arn("events", f"rule/{on_bus}{name}"), "Name": name}


def delete_rule(rule: Resource) -> None:
    """Deletes a rule and its targets."""
    events, name, bus = rule.client("events"), rule.attributes["Name"], _bus(rule)
    targets = [target["Id"] for target in rule.properties.get("Targets", [])]
    if targets:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=targets)
    events.delete_rule(Name=name, EventBusName=bus)


def put_bus(wanted: Resource, before: Resource | None) -> Made:
    """Creates an event bus."""
    name = wanted.properties["Name"]
    if before is None:
        wanted.client("events").create_event_bus(Name=name)
    return name, {"Arn": wanted.arn("events", f"event-bus/{name}"), "Name": name}


def delete_bus(bus: Resource) -> None:
    """Deletes an event bus."""
    bus.client("events").delete_event_bus(Name=bus.physical_id)


def put_bus_policy(wanted: Resource, before: Resource | None) -> Made:
    """Adds one statement to the policy of a bus."""
    statement_id = wanted.properties["StatementId"]
    if before:
        delete_bus_policy(before)
    statement = {"Sid": statement_id, **wanted.properties["Statement"]}
    policy = as_json({"Version": "2012-10-17", "Statement": [statement]})
    wanted.client("events").put_permission(EventBusName=_bus(wanted), Policy=policy)
    return f"{_bus(wanted)}|{statement_id}", {}


def delete_bus_policy(policy: Resource) -> None:
    """Takes the statement out of the policy of its bus."""
    policy.client("events").remove_permission(EventBusName=_bus(policy), StatementId=policy.properties["StatementId"])


def put_archive(wanted: Resource, before: Resource | None) -> Made:
    """Creates an archive of a bus or brings it up to date."""
    name = before.physical_id if before else wanted.name("ArchiveName", 48)
    settings = wanted.given("Description", "RetentionDays")
    if "EventPattern" in wanted.properties:
        settings["EventPattern"] = as_json(wanted.properties["EventPattern"])
    if before:
        wanted.client("events").update_archive(ArchiveName=name, **settings)
    else:
        source = wanted.properties["SourceArn"]
        wanted.client("events").create_archive(ArchiveName=name, EventSourceArn=source, **settings)
    return name, {"Arn": wanted.arn("events", f"archive/{name}"), "ArchiveName": name}


def delete_archive(archive: Resource) -> None:
    """Deletes an archive with its events."""
    archive.client("events").delete_archive(ArchiveName=archive.physical_id)


TYPES = {
    "AWS::Events::Rule": ResourceType(put_rule, delete_rule, immutable=("Name", "EventBusName")),
    "AWS::Events::EventBus": ResourceType(put_bus, delete_bus, immutable=("Name",)),
    "AWS::Events::EventBusPolicy": ResourceType(
        put_bus_policy, delete_bus_policy, immutable=("EventBusName", "StatementId")
    ),
    "AWS::Events::Archive": ResourceType(put_archive, delete_archive, immutable=("ArchiveName", "SourceArn")),
}
