"""AWS::StepFunctions."""

import json
from typing import Any

from local.cloudformation.resource import Made, Resource, ResourceType, Structure, as_json, lower_first


def put_state_machine(wanted: Resource, before: Resource | None) -> Made:
    """Creates a state machine or brings its definition and settings up to date.

    It goes through the API, so that it is the executing backend that has it: moto keeps two.
    """
    client, properties = wanted.client("stepfunctions"), wanted.properties
    settings = {"definition": _definition(wanted), "roleArn": properties["RoleArn"]}
    options = ("LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration")
    settings |= lower_first(wanted.given(*options))
    if before:
        arn = before.physical_id
        client.update_state_machine(stateMachineArn=arn, **settings)
    else:
        kind = properties.get("StateMachineType", "STANDARD")
        name = wanted.name("StateMachineName", 80)
        arn = client.create_state_machine(name=name, type=kind, **settings)["stateMachineArn"]
    return arn, {"Arn": arn, "Name": arn.rsplit(":", 1)[1], "StateMachineRevisionId": "INITIAL"}


def _definition(wanted: Resource) -> str:
    properties = wanted.properties
    if "DefinitionS3Location" in properties:
        text = _download(wanted.client("s3"), properties["DefinitionS3Location"])
    else:
        text = as_json(properties.get("DefinitionString") or properties["Definition"])
    for key, value in properties.get("DefinitionSubstitutions", {}).items():
        replacement = value if isinstance(value, str) else json.dumps(value)
        text = text.replace(f"${{{key}}}", replacement)
    return text


def _download(s3: Any, location: Structure) -> str:
    version = {"VersionId": location["Version"]} if "Version" in location else {}
    answer = s3.get_object(Bucket=location["Bucket"], Key=location["Key"], **version)
    return answer["Body"].read().decode()  # type: ignore[no-any-return]


def delete_state_machine(machine: Resource) -> None:
    """Deletes a state machine."""
    machine.client("stepfunctions").delete_state_machine(stateMachineArn=machine.physical_id)


TYPES = {
    "AWS::StepFunctions::StateMachine": ResourceType(
        put_state_machine, delete_state_machine, immutable=("StateMachineName", "StateMachineType")
    ),
}
