import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Template, role_of, text

FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
SET_FOR_EVERY_FUNCTION = {"POWERTOOLS_SERVICE_NAME", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"}
each_function = pytest.mark.parametrize("folder", FOLDERS)


def test_every_folder_under_functions_is_deployed_and_nothing_else(template: Template) -> None:
    functions = template.of("AWS::Lambda::Function")
    zips = {name: each for name, each in functions.items() if name not in template.image_functions()}
    assert {each["Handler"] for each in zips.values()} == {f"functions.{folder}.handler.handler" for folder in FOLDERS}


@each_function
def test_a_functions_environment_is_what_its_settings_read(template: Template, folder: str) -> None:
    settings = importlib.import_module(f"functions.{folder}.settings").Settings
    _, function = template.function(folder)
    assert set(function["Environment"]["Variables"]) == set(settings.model_fields) | SET_FOR_EVERY_FUNCTION


@each_function
def test_a_function_runs_on_a_current_python_on_arm_with_traces_and_an_end(template: Template, folder: str) -> None:
    _, function = template.function(folder)
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert 10 <= function["Timeout"] <= 900
    (layer,) = function["Layers"]
    assert "AWSLambdaPowertoolsPythonV3-python313-arm64" in text(layer), "made for the same Python and processor"


@each_function
def test_a_function_has_a_log_group_of_its_own_that_forgets_and_that_it_may_write(
    template: Template, folder: str
) -> None:
    _, function = template.function(folder)
    group = text(function["LoggingConfig"]["LogGroup"]).removeprefix("${").removesuffix("}")
    assert template.of("AWS::Logs::LogGroup")[group]["RetentionInDays"] > 0
    may = template.statements_of(role_of(function))
    assert any(each.permits("logs:PutLogEvents", f"${{{group}.Arn}}") for each in may)
    sharing = [each for each in template.of("AWS::Lambda::Function").values() if group in str(each["LoggingConfig"])]
    assert len(sharing) == 1


def test_each_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [role_of(each) for each in template.of("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles)


@each_function
def test_a_functions_zip_holds_its_handler_the_core_and_the_contracts_and_no_other_function(
    template: Template, template_file: Path, folder: str
) -> None:
    _, function = template.function(folder)
    asset = template_file.parent / f"asset.{function['Code']['S3Key'].removesuffix('.zip')}"
    assert (asset / "functions" / folder / "handler.py").is_file()
    assert (asset / "contracts.json").is_file()
    assert [path.name for path in (asset / "functions").iterdir() if path.is_dir()] == [folder]
    packed = {path.relative_to(asset).as_posix() for path in (asset / "evergreen").rglob("*.py")}
    assert "evergreen/stores/files.py" in packed
    assert not [name for name in packed if "/cli/" in name]


@each_function
def test_a_function_that_uses_a_table_or_the_bucket_is_told_its_name_and_may_use_it(
    template: Template, folder: str
) -> None:
    _, function = template.function(folder)
    variables: dict[str, Any] = function["Environment"]["Variables"]
    may = template.statements_of(role_of(function))
    for variable, service in (
        ("DATA_BUCKET", "s3:"),
        ("REGISTRY_TABLE", "dynamodb:"),
        ("PREDICTIONS_TABLE", "dynamodb:"),
    ):
        if variable in variables:
            named = text(variables[variable]).removesuffix("}")
            reached = {action for each in may for action in each.actions if any(named in one for one in each.resources)}
            assert any(action.startswith(service) for action in reached), variable
