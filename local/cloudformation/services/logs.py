"""AWS::Logs."""

from local.cloudformation.resource import Made, Resource, ResourceType, as_json


def put_log_group(wanted: Resource, before: Resource | None) -> Made:
    """Creates a log group or sets its retention."""
    logs = wanted.client("logs")
    name = before.physical_id if before else wanted.name("LogGroupName", 512)
    if before is None:
        key = {"kmsKeyId": wanted.properties["KmsKeyId"]} if "KmsKeyId" in wanted.properties else {}
        logs.create_log_group(logGroupName=name, **key)
    if "RetentionInDays" in wanted.properties:
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(wanted.properties["RetentionInDays"]))
    elif before and "RetentionInDays" in before.properties:
        logs.delete_retention_policy(logGroupName=name)
    return name, {"Arn": wanted.arn("logs", f"log-group:{name}:*")}


def delete_log_group(group: Resource) -> None:
    """Deletes a log group with its streams."""
    group.client("logs").delete_log_group(logGroupName=group.physical_id)


def put_resource_policy(wanted: Resource, before: Resource | None) -> Made:
    """Lets AWS services write into log groups."""
    name = wanted.properties["PolicyName"]
    document = as_json(wanted.properties["PolicyDocument"])
    wanted.client("logs").put_resource_policy(policyName=name, policyDocument=document)
    return name, {}


def delete_resource_policy(policy: Resource) -> None:
    """Takes that right away again."""
    policy.client("logs").delete_resource_policy(policyName=policy.physical_id)


TYPES = {
    "AWS::Logs::LogGroup": ResourceType(put_log_group, delete_log_group, immutable=("LogGroupName",)),
    "AWS::Logs::ResourcePolicy": ResourceType(put_resource_policy, delete_resource_policy, immutable=("PolicyName",)),
}
