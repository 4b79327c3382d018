"""AWS::SSM."""

from local.cloudformation.resource import Made, Resource, ResourceType


def put_parameter(wanted: Resource, before: Resource | None) -> Made:
    """Creates a parameter or sets its value."""
    name = before.physical_id if before else wanted.name("Name", 255)
    fields = wanted.given("Value", "Type", "Description", "AllowedPattern", "Tier", "DataType")
    wanted.client("ssm").put_parameter(Name=name, Overwrite=before is not None, **fields)
    return name, {"Type": fields["Type"], "Value": fields["Value"]}


def delete_parameter(parameter: Resource) -> None:
    """Deletes a parameter."""
    parameter.client("ssm").delete_parameter(Name=parameter.physical_id)


TYPES = {
    "AWS::SSM::Parameter": ResourceType(put_parameter, delete_parameter, immutable=("Name", "Type")),
}
