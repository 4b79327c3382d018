"""AWS::KMS."""

from local.cloudformation.resource import Made, Resource, ResourceType, as_json


def put_key(wanted: Resource, before: Resource | None) -> Made:
    """Creates a key or brings its policy and rotation up to date."""
    kms = wanted.client("kms")
    policy = {"Policy": as_json(wanted.properties["KeyPolicy"])} if "KeyPolicy" in wanted.properties else {}
    if before is None:
        fields = wanted.given("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin")
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in wanted.properties.get("Tags", [])]
        key_id = kms.create_key(Tags=tags, **policy, **fields)["KeyMetadata"]["KeyId"]
    else:
        key_id = before.physical_id
        if policy:
            kms.put_key_policy(KeyId=key_id, PolicyName="default", **policy)
        kms.update_key_description(KeyId=key_id, Description=wanted.properties.get("Description", ""))
    if str(wanted.properties.get("EnableKeyRotation", False)).lower() == "true":
        kms.enable_key_rotation(KeyId=key_id)
    elif before:
        kms.disable_key_rotation(KeyId=key_id)
    return key_id, {"Arn": wanted.arn("kms", f"key/{key_id}"), "KeyId": key_id}


def delete_key(key: Resource) -> None:
    """Schedules the deletion of a key."""
    days = int(key.properties.get("PendingWindowInDays", 30))
    key.client("kms").schedule_key_deletion(KeyId=key.physical_id, PendingWindowInDays=days)


def put_alias(wanted: Resource, before: Resource | None) -> Made:
    """Points an alias to a key."""
    kms, fields = wanted.client("kms"), wanted.given("AliasName", "TargetKeyId")
    if before:
        kms.update_alias(**fields)
    else:
        kms.create_alias(**fields)
    return fields["AliasName"], {}


def delete_alias(alias: Resource) -> None:
    """Deletes an alias."""
    alias.client("kms").delete_alias(AliasName=alias.physical_id)


TYPES = {
    "AWS::KMS::Key": ResourceType(put_key, delete_key, immutable=("KeySpec", "KeyUsage", "MultiRegion", "Origin")),
    "AWS::KMS::Alias": ResourceType(put_alias, delete_alias, immutable=("AliasName",)),
}
