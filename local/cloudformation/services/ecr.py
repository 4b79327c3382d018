"""AWS::ECR."""

from local.cloudformation.resource import Made, Resource, ResourceType, as_json, lower_first


def put_repository(wanted: Resource, before: Resource | None) -> Made:
    """Creates an image repository or brings its policies up to date."""
    ecr = wanted.client("ecr")
    name = before.physical_id if before else wanted.name("RepositoryName", 256, lower=True)
    if before is None:
        options = ("EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutability")
        ecr.create_repository(repositoryName=name, **lower_first(wanted.given(*options)))
    policy = wanted.properties.get("RepositoryPolicyText")
    if policy:
        ecr.set_repository_policy(repositoryName=name, policyText=as_json(policy))
    lifecycle = wanted.properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
    if lifecycle:
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=as_json(lifecycle))
    repository = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    return name, {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]}


def delete_repository(repository: Resource) -> None:
    """Deletes a repository; with images only if the template says EmptyOnDelete."""
    empty_first = str(repository.properties.get("EmptyOnDelete", False)).lower() == "true"
    repository.client("ecr").delete_repository(repositoryName=repository.physical_id, force=empty_first)


TYPES = {
    "AWS::ECR::Repository": ResourceType(
        put_repository, delete_repository, immutable=("RepositoryName", "EncryptionConfiguration")
    ),
}
