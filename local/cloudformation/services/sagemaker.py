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


def put_mlflow_app(wanted: Resource, before: Resource | None) -> Made:
    """Creates an MLflow App; its artifacts stay where they are when anything else changes."""
    fields = wanted.given("Name", "ArtifactStoreUri", "RoleArn", "ModelRegistrationMode", "Tags")
    arn = before.physical_id if before else wanted.client("sagemaker").create_mlflow_app(**fields)["Arn"]
    described = wanted.client("sagemaker").describe_mlflow_app(Arn=arn)
    return arn, {"Arn": arn, "MlflowVersion": described["MlflowVersion"], "Status": described["Status"]}


def delete_mlflow_app(app: Resource) -> None:
    """Deletes an MLflow App."""
    app.client("sagemaker").delete_mlflow_app(Arn=app.physical_id)


TYPES = {
    "AWS::SageMaker::MlflowApp": ResourceType(
        put_mlflow_app,
        delete_mlflow_app,
        immutable=("Name", "ArtifactStoreUri", "RoleArn"),
        without=("WeeklyMaintenanceWindowStart",),
    ),
    "AWS::SageMaker::ModelPackageGroup": ResourceType(
        put_model_package_group,
        delete_model_package_group,
        immutable=("ModelPackageGroupName", "ModelPackageGroupDescription"),
    ),
}
