"""Model packages on the laptop are what SageMaker's are, as far as the product uses them."""

import pytest
from botocore.exceptions import ClientError

from local.model_packages import Shelf
from tests.integration.compute.world import World, unique

SPECIFICATION = {
    "Containers": [{"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/e:t", "ModelDataUrl": "s3://b/m"}]
}


@pytest.fixture
def group(world: World) -> str:
    name = unique("Models")
    world.client("sagemaker").create_model_package_group(ModelPackageGroupName=name)
    return name


def create(world: World, group: str, **more: object) -> str:
    asked = {"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION, **more}
    return str(world.client("sagemaker").create_model_package(**asked)["ModelPackageArn"])


def test_each_package_is_the_next_version_of_its_group(world: World, group: str) -> None:
    arns = [create(world, group), create(world, group)]
    assert [arn.rpartition("/")[2] for arn in arns] == ["1", "2"]
    described = world.client("sagemaker").describe_model_package(ModelPackageName=arns[1])
    assert described["ModelPackageVersion"] == 2
    assert described["ModelPackageGroupName"] == group
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == "s3://b/m"


def test_the_same_client_token_makes_no_second_version(world: World, group: str) -> None:
    assert create(world, group, ClientToken="a-token") == create(world, group, ClientToken="a-token")
    assert create(world, group, ClientToken="another") != create(world, group, ClientToken="a-token")


def test_a_number_is_not_given_twice(world: World, group: str) -> None:
    first, second = create(world, group), create(world, group)
    world.client("sagemaker").delete_model_package(ModelPackageName=second)
    assert create(world, group) not in (first, second)


def test_an_update_changes_what_it_names_and_nothing_else(world: World, group: str) -> None:
    sagemaker = world.client("sagemaker")
    arn = create(world, group, CustomerMetadataProperties={"run_id": "r", "old": "1"})
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Rejected",
        ApprovalDescription="Another is champion.",
        CustomerMetadataProperties={"new": "2"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "Another is champion."
    assert described["CustomerMetadataProperties"] == {"run_id": "r", "new": "2"}
    assert described["LastModifiedTime"] >= described["CreationTime"]


def test_packages_are_listed_by_group_and_status_page_by_page(world: World, group: str) -> None:
    sagemaker = world.client("sagemaker")
    arns = [create(world, group, ModelApprovalStatus="Approved") for _ in range(3)]
    create(world, group, ModelApprovalStatus="Rejected")
    asked = {"ModelPackageGroupName": group, "ModelApprovalStatus": "Approved"}
    pages = sagemaker.get_paginator("list_model_packages").paginate(**asked, PaginationConfig={"PageSize": 2})
    assert [each["ModelPackageArn"] for page in pages for each in page["ModelPackageSummaryList"]] == arns


@pytest.mark.parametrize(
    "properties",
    [{"a": "x" * 257}, {"a": "50 %"}, {"a": "(one)"}, {f"p{n}": "v" for n in range(51)}],
)
def test_properties_that_sagemaker_would_refuse_are_refused(
    world: World, group: str, properties: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="customerMetadataProperties") as refused:
        create(world, group, CustomerMetadataProperties=properties)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("operation", ["describe_model_package", "update_model_package", "create_model_package"])
def test_what_is_not_there_is_said_as_sagemaker_says_it(world: World, operation: str) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/none/1"
    asked = {
        "describe_model_package": {"ModelPackageName": arn},
        "update_model_package": {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"},
        "create_model_package": {"ModelPackageGroupName": "none", "InferenceSpecification": SPECIFICATION},
    }[operation]
    with pytest.raises(ClientError, match="does not exist") as refused:
        getattr(world.client("sagemaker"), operation)(**asked)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_what_was_captured_comes_back_whole(world: World, group: str) -> None:
    arn = create(world, group, ClientToken="kept", CustomerMetadataProperties={"run_id": "r"})
    before = world.client("sagemaker").describe_model_package(ModelPackageName=arn)
    shelf = world.cloud.kept(Shelf)
    captured = shelf.capture()
    shelf.packages.clear()
    shelf.restore(captured)
    after = world.client("sagemaker").describe_model_package(ModelPackageName=arn)
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before
    assert create(world, group, ClientToken="kept") == arn
