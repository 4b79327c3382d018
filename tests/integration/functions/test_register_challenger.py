from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from evergreen.verdict import Outcome
from tests.integration.functions.conftest import Handler
from tests.integration.functions.registries import judged_run, packages, standing
from tests.integration.functions.world import World

Function = Callable[[str], Handler]
pytestmark = pytest.mark.usefixtures("model_registry")


def test_a_challenger_becomes_a_version_that_says_where_it_comes_from(world: World, function: Function) -> None:
    run = judged_run(world)
    answer = function("register_challenger")(run)
    package = packages()[run["run_id"]]
    assert answer == {"model_package_arn": package["ModelPackageArn"]}
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ApprovalDescription"] == "mae 18.9 against 26.0."
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == run["model_uri"]
    assert container["Image"].endswith("/evergreen:tag")
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("/evaluation/evaluation.json")
    properties = package["CustomerMetadataProperties"]
    assert (properties["git_commit"], properties["verdict"], properties["challenger_mae"]) == (
        "0123abcd",
        "PROMOTE",
        "18.9",
    )
    record = world.runs.get(run["run_id"])
    assert record
    assert record["model_package_arn"] == package["ModelPackageArn"]


@pytest.mark.parametrize("outcome", [Outcome.KEEP, Outcome.INCONCLUSIVE])
def test_a_challenger_that_did_not_win_is_registered_too_and_rejected(
    world: World, function: Function, outcome: Outcome
) -> None:
    run = judged_run(world, outcome)
    function("register_challenger")(run)
    assert standing() == {run["run_id"]: "Rejected"}


def test_registering_twice_makes_one_version(world: World, function: Function) -> None:
    run = judged_run(world)
    first = function("register_challenger")(run)
    assert function("register_challenger")(run) == first
    assert len(packages()) == 1


@pytest.mark.parametrize("operation", ["CreateModelPackage", "UpdateModelPackage"])
def test_a_function_that_died_after_registering_makes_no_second_version(
    world: World, function: Function, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judged_run(world)
    handler = function("register_challenger")
    from evergreen.stores.model_packages import ModelPackages

    def dies(*_: object) -> bool:
        raise TimeoutError

    with monkeypatch.context() as during:
        if operation == "CreateModelPackage":
            during.setattr(ModelPackages, "decide", dies)
        else:
            register = ModelPackages.decide
            during.setattr(ModelPackages, "decide", lambda *given: register(*given) and dies())
        with pytest.raises(TimeoutError):
            handler(run)
    handler(run)
    listed = boto3.client("sagemaker").list_model_packages(ModelPackageGroupName="Evergreen-next-purchase")
    assert len(listed["ModelPackageSummaryList"]) == 1


def test_a_group_that_is_not_there_is_an_error_of_its_own(world: World, function: Function) -> None:
    run = judged_run(world)
    boto3.client("sagemaker")
    from moto.sagemaker.models import sagemaker_backends

    sagemaker_backends["123456789012"]["us-east-1"].model_package_groups.clear()
    with pytest.raises(ClientError, match="does not exist"):
        function("register_challenger")(run)
