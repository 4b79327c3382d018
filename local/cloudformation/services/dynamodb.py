"""AWS::DynamoDB."""

from typing import Any

from local.cloudformation.resource import Made, Resource, ResourceType, Structure

_CREATED_WITH = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "TableClass",
    "Tags",
    "WarmThroughput",
)


def put_table(wanted: Resource, before: Resource | None) -> Made:
    """Creates a table or brings its settings up to date."""
    dynamodb = wanted.client("dynamodb")
    name = before.physical_id if before else wanted.name("TableName", 255)
    if before is None:
        settings = {**wanted.given(*_CREATED_WITH), **_stream(wanted.properties), **_encryption(wanted.properties)}
        dynamodb.create_table(TableName=name, **settings)
    else:
        _update(dynamodb, name, wanted, before)
    _set_backups_and_expiry(dynamodb, name, wanted.properties, before.properties if before else {})
    table = dynamodb.describe_table(TableName=name)["Table"]
    stream = {"StreamArn": table["LatestStreamArn"]} if "LatestStreamArn" in table else {}
    return name, {"Arn": table["TableArn"], **stream}


def _stream(properties: Structure) -> Structure:
    if "StreamSpecification" not in properties:
        return {}
    view = properties["StreamSpecification"]["StreamViewType"]
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}


def _encryption(properties: Structure) -> Structure:
    if "SSESpecification" not in properties:
        return {}
    given = {"SSEType": "KMS", **properties["SSESpecification"]}
    return {"SSESpecification": {"Enabled": given.pop("SSEEnabled"), **given}}


def _update(dynamodb: Any, name: str, wanted: Resource, before: Resource) -> None:
    settings = wanted.given("BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput", "TableClass")
    if wanted.properties.get("SSESpecification") != before.properties.get("SSESpecification"):
        settings |= _encryption(wanted.properties)
    if wanted.properties.get("StreamSpecification") != before.properties.get("StreamSpecification"):
        if "StreamSpecification" in before.properties:
            dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
        settings |= _stream(wanted.properties)
    if settings:
        dynamodb.update_table(TableName=name, **settings)
    for change in _index_changes(wanted.properties, before.properties):
        definitions = wanted.properties["AttributeDefinitions"]
        dynamodb.update_table(TableName=name, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[change])


def _index_changes(wanted: Structure, before: Structure) -> list[Structure]:
    new = {index["IndexName"]: index for index in wanted.get("GlobalSecondaryIndexes", [])}
    old = {index["IndexName"]: index for index in before.get("GlobalSecondaryIndexes", [])}
    gone = [name for name in old if new.get(name) != old[name]]
    return [
        *({"Delete": {"IndexName": name}} for name in gone),
        *({"Create": new[name]} for name in new if new[name] != old.get(name)),
    ]


def _set_backups_and_expiry(dynamodb: Any, name: str, wanted: Structure, before: Structure) -> None:
    recovery = wanted.get("PointInTimeRecoverySpecification")
    if recovery != before.get("PointInTimeRecoverySpecification"):
        dynamodb.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification=recovery or {"PointInTimeRecoveryEnabled": False},
        )
    expiry = wanted.get("TimeToLiveSpecification")
    earlier = before.get("TimeToLiveSpecification")
    if expiry != earlier:
        off = {**(earlier or {}), "Enabled": False}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry or off)


def delete_table(table: Resource) -> None:
    """Deletes a table with its items."""
    table.client("dynamodb").delete_table(TableName=table.physical_id)


TYPES = {
    "AWS::DynamoDB::Table": ResourceType(
        put_table, delete_table, immutable=("TableName", "KeySchema", "LocalSecondaryIndexes")
    ),
}
