"""AWS::Lambda."""

import io
import zipfile
from typing import Any

from local.cloudformation.resource import Made, Resource, ResourceType, Structure, nothing

_CONFIGURATION = (
    "Description",
    "DeadLetterConfig",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "SnapStart",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
)
# moto refuses layers of other accounts, such as the public one of Powertools, and the function's process finds what
# that layer holds in the environment that the cloud runs in.
_SUPPLIED_OTHERWISE = ("Layers",)


def put_function(wanted: Resource, before: Resource | None) -> Made:
    """Creates a function or brings its code and configuration up to date."""
    client, properties = wanted.client("lambda"), wanted.properties
    name = before.physical_id if before else wanted.name("FunctionName", 64)
    configuration = wanted.given(*_CONFIGURATION)
    code, architectures = _code(properties["Code"]), wanted.given("Architectures")
    if before is None:
        fixed = wanted.given("PackageType")
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        client.create_function(FunctionName=name, Code=code, Tags=tags, **architectures, **fixed, **configuration)
    else:
        client.update_function_code(FunctionName=name, **architectures, **code)
        client.update_function_configuration(FunctionName=name, **configuration)
    if "ReservedConcurrentExecutions" in properties:
        reserved = properties["ReservedConcurrentExecutions"]
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    elif before and "ReservedConcurrentExecutions" in before.properties:
        client.delete_function_concurrency(FunctionName=name)
    return name, {"Arn": wanted.arn("lambda", f"function:{name}")}


def _code(code: Structure) -> dict[str, Any]:
    if "ZipFile" not in code:
        return {key: code[key] for key in ("S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri") if key in code}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code["ZipFile"])
    return {"ZipFile": packed.getvalue()}


def delete_function(function: Resource) -> None:
    """Deletes a function."""
    function.client("lambda").delete_function(FunctionName=function.physical_id)


def put_permission(wanted: Resource, before: Resource | None) -> Made:
    """Adds one statement to the policy of a function."""
    if before:
        delete_permission(before)
    statement_id = wanted.name(limit=100)
    wanted.client("lambda").add_permission(StatementId=statement_id, **dict(wanted.properties.items()))
    return statement_id, {"Id": statement_id}


def delete_permission(permission: Resource) -> None:
    """Takes the statement out of the function's policy."""
    permission.client("lambda").remove_permission(
        FunctionName=permission.properties["FunctionName"], StatementId=permission.physical_id
    )


def put_event_source_mapping(wanted: Resource, before: Resource | None) -> Made:
    """Connects a queue or stream with a function."""
    client = wanted.client("lambda")
    settings = {key: value for key, value in wanted.properties.items() if key != "Tags"}
    if before:
        changeable = {key: value for key, value in settings.items() if key not in _MAPPING_FIXED}
        client.update_event_source_mapping(UUID=before.physical_id, **changeable)
        return before.physical_id, before.attributes
    uuid = client.create_event_source_mapping(**settings)["UUID"]
    return uuid, {"Id": uuid, "EventSourceMappingArn": wanted.arn("lambda", f"event-source-mapping:{uuid}")}


def delete_event_source_mapping(mapping: Resource) -> None:
    """Disconnects the function."""
    mapping.client("lambda").delete_event_source_mapping(UUID=mapping.physical_id)


def put_event_invoke_config(wanted: Resource, before: Resource | None) -> Made:
    """Sets what happens when asynchronous invocations fail."""
    wanted.client("lambda").put_function_event_invoke_config(
        FunctionName=wanted.properties["FunctionName"],
        **wanted.given("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"),
    )
    return wanted.name(), {}


def delete_event_invoke_config(config: Resource) -> None:
    """Goes back to the defaults for asynchronous invocations."""
    config.client("lambda").delete_function_event_invoke_config(FunctionName=config.properties["FunctionName"])


def put_version(wanted: Resource, before: Resource | None) -> Made:
    """Publishes the function as it is as a numbered version."""
    if before:
        return before.physical_id, before.attributes
    answer = wanted.client("lambda").publish_version(FunctionName=wanted.properties["FunctionName"])
    function = answer["FunctionArn"].removesuffix(f":{answer['Version']}")
    arn = f"{function}:{answer['Version']}"
    return arn, {"FunctionArn": arn, "Version": answer["Version"]}


def put_alias(wanted: Resource, before: Resource | None) -> Made:
    """Points an alias to a version."""
    client = wanted.client("lambda")
    fields = wanted.given("FunctionName", "FunctionVersion", "Name", "Description", "RoutingConfig")
    answer = client.update_alias(**fields) if before else client.create_alias(**fields)
    return answer["AliasArn"], {"AliasArn": answer["AliasArn"]}


def delete_alias(alias: Resource) -> None:
    """Deletes an alias."""
    alias.client("lambda").delete_alias(**alias.given("FunctionName", "Name"))


_MAPPING_FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")

TYPES = {
    "AWS::Lambda::Function": ResourceType(
        put_function, delete_function, immutable=("FunctionName", "PackageType"), without=_SUPPLIED_OTHERWISE
    ),
    "AWS::Lambda::Permission": ResourceType(put_permission, delete_permission, immutable=("FunctionName",)),
    "AWS::Lambda::EventSourceMapping": ResourceType(
        put_event_source_mapping, delete_event_source_mapping, immutable=_MAPPING_FIXED
    ),
    "AWS::Lambda::EventInvokeConfig": ResourceType(
        put_event_invoke_config, delete_event_invoke_config, immutable=("FunctionName", "Qualifier")
    ),
    # A version cannot be changed, and goes with its function.
    "AWS::Lambda::Version": ResourceType(put_version, nothing, immutable=("FunctionName",)),
    "AWS::Lambda::Alias": ResourceType(put_alias, delete_alias, immutable=("FunctionName", "Name")),
}
