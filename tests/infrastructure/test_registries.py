"""SageMaker's model registry, and MLflow where a deployment asks for it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evergreen.contracts import Contracts
from evergreen.lineage import model_group
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Statement, Template, role_of, text

PACKAGES = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"


@pytest.fixture(scope="module")
def by_default(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template of a deployment that asks for nothing."""
    folder = tmp_path_factory.mktemp("cdk.out")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "PATH": path}
    subprocess.run([sys.executable, ROOT / "cdk_app" / "app.py"], env=environment, check=True, capture_output=True)
    (found,) = folder.glob("*.template.json")
    document: dict[str, Any] = json.loads(found.read_text())
    return document


def may(template: Template, folder: str) -> list[Statement]:
    _, function = template.function(folder)
    return template.statements_of(role_of(function))


def permits(statements: list[Statement], action: str, resource: str) -> bool:
    return any(each.permits(action, resource) for each in statements)


def test_a_deployment_has_no_mlflow_unless_it_asks_for_it(by_default: dict[str, Any]) -> None:
    template = Template(by_default)
    assert template.of("AWS::SageMaker::MlflowApp") == {}
    assert "MlflowApp" not in by_default["Outputs"]
    assert "Mlflow" not in " ".join(template.of("AWS::IAM::Role"))
    _, function = template.function("track_run")
    assert function["Environment"]["Variables"]["MLFLOW_APP_ARN"] == ""
    actions = {action for each in template.statements() for action in each.actions}
    assert not [action for action in actions if "mlflow" in action.lower()]


def test_asking_for_mlflow_adds_the_app_its_role_and_nothing_else(
    by_default: dict[str, Any], template: Template
) -> None:
    added = set(template.resources) - set(by_default["Resources"])
    assert sorted(template.resources[name]["Type"] for name in added) == [
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::SageMaker::MlflowApp",
    ]


def test_the_app_keeps_its_artifacts_under_its_own_prefix_and_reaches_no_other(template: Template) -> None:
    _, app = template.one("AWS::SageMaker::MlflowApp")
    assert text(app["ArtifactStoreUri"]).endswith("/mlflow")
    assert app["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"
    bucket, _ = template.one("AWS::S3::Bucket")
    statements = template.statements_of(role_of(app, "RoleArn"))
    for action in ("s3:GetObject", "s3:PutObject"):
        assert permits(statements, action, f"${{{bucket}.Arn}}/mlflow/1/run/artifacts/report.html")
        assert not permits(statements, action, f"${{{bucket}.Arn}}/runs/next_purchase/r/run.json")


def test_what_mlflow_writes_starts_no_run(template: Template) -> None:
    patterns = [str(each["EventPattern"]) for each in template.of("AWS::Events::Rule").values()]
    assert [each for each in patterns if "anything-but" in each and "'mlflow/'" in each]


def test_track_run_calls_this_app_alone_and_writes_artifacts_alone(template: Template) -> None:
    name, _ = template.one("AWS::SageMaker::MlflowApp")
    bucket, _ = template.one("AWS::S3::Bucket")
    statements = may(template, "track_run")
    calls = [each for each in statements if any("mlflow" in action.lower() for action in each.actions)]
    assert [each.resources for each in calls] == [[f"${{{name}.Arn}}"]]
    assert "sagemaker:CallMlflowAppApi" in calls[0].actions
    assert not [action for each in calls for action in each.actions if "Delete" in action]
    assert permits(statements, "s3:PutObject", f"${{{bucket}.Arn}}/mlflow/1/run/artifacts/report.html")
    assert not permits(statements, "s3:PutObject", f"${{{bucket}.Arn}}/runs/next_purchase/r/verdict.json")


@pytest.mark.parametrize("folder", ["register_challenger", "track_run"])
def test_packages_are_changed_in_the_stacks_own_groups_only(
    template: Template, contracts: Contracts, folder: str
) -> None:
    statements = may(template, folder)
    for dataset in contracts.ids:
        group = model_group("Evergreen", dataset)
        for arn in (f"{PACKAGES}:model-package-group/{group}", f"{PACKAGES}:model-package/{group.lower()}/7"):
            assert permits(statements, "sagemaker:CreateModelPackage", arn), arn
            assert permits(statements, "sagemaker:UpdateModelPackage", arn), arn
    for other in ("model-package/other-next-purchase/1", "model-package-group/Other", "model/evergreen-next-purchase"):
        assert not permits(statements, "sagemaker:CreateModelPackage", f"{PACKAGES}:{other}"), other


def test_nobody_else_touches_model_packages(template: Template) -> None:
    policies = {each.policy for each in template.statements() if "sagemaker:UpdateModelPackage" in each.actions}
    assert len(policies) == 2


def test_the_groups_are_those_that_the_functions_look_for(template: Template, contracts: Contracts) -> None:
    groups = {each["ModelPackageGroupName"] for each in template.of("AWS::SageMaker::ModelPackageGroup").values()}
    _, function = template.function("register_challenger")
    prefix = function["Environment"]["Variables"]["MODEL_GROUP_PREFIX"]
    assert groups == {model_group(prefix, dataset) for dataset in contracts.ids}


def test_commands_find_track_run_in_the_outputs(by_default: dict[str, Any]) -> None:
    function, _ = Template(by_default).function("track_run")
    assert text(by_default["Outputs"]["TrackRunFunction"]["Value"]) == f"${{{function}.Arn}}"


def test_the_packages_of_a_function_are_locked_by_hash_in_the_versions_that_the_tests_run() -> None:
    lock = (ROOT / "functions" / "track_run" / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", lock, re.MULTILINE))
    assert pinned.keys() >= {"mlflow-skinny", "sagemaker-mlflow", "requests"}
    ours = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    for name in ("mlflow-skinny", "sagemaker-mlflow"):
        assert pinned[name] == ours[name]
    for block in re.split(r"\n(?=[a-z])", lock.strip()):
        assert "--hash=sha256:" in block, block
