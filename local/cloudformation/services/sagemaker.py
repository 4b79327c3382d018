"""AWS::SageMaker."""

from moto.sagemaker.models import sagemaker_backends

from local.cloudformation.resource import Made, Resource, ResourceType


def put_model_package_group(wanted: Resource, before: Resource | None) -> Made:
    """Creates a group of model packages."""
    name = wanted.properties["ModelPackageGroupName"]
    if before is None:
        fields = wanted.given("ModelPackageGroupName", "ModelPackageGroupDescription", "Tags")
        wanted.client("sagemaker").create_model_package_group(**fields)
    arn = wanted.arn("sagemaker", f"model-package-group/{name}")
    return arn, {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"}


def delete_model_package_group(group: Resource) -> None:
    """Deletes a group, in moto's backend, since moto lacks the API for it."""
    groups = sagemaker_backends[group.cloud.account][group.cloud.region].model_package_groups
    groups.pop(group.properties["ModelPackageGroupName"], None)


TYPES = {
    "AWS::SageMaker::ModelPackageGroup": ResourceType(
        put_model_package_group,
        delete_model_package_group,
        immutable=("ModelPackageGroupName", "ModelPackageGroupDescription"),
    ),
}
