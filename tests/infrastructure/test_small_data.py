"""Small data is prepared by a function of the jobs' own image, with the job's reach and not more."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from functions.pin_inputs.sizes import PACKED_TIMES
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Statement, Template, role_of, text
from tests.infrastructure.workflow import Workflow, strings

MEGABYTE = 1_000_000
BYTES_A_SECOND = 5 * MEGABYTE  # a fifth of what two cores do in the form of Online Retail: room for wide data


@pytest.fixture(scope="module")
def function(template: Template) -> dict[str, Any]:
    return template.image_function("small_data")[1]


@pytest.fixture(scope="module")
def may(template: Template, function: dict[str, Any]) -> list[Statement]:
    return template.statements_of(role_of(function))


@pytest.fixture(scope="module")
def limit(workflow: Workflow) -> int:
    (small,) = workflow.states["ChoosePreparation"]["Choices"]
    assert small["Next"] == "PrepareSmallData"
    return int(small["NumericLessThanEquals"])


def test_it_is_the_very_image_that_the_jobs_run(function: dict[str, Any], substitutions: dict[str, Any]) -> None:
    assert text(function["Code"]["ImageUri"]) == text(substitutions["Image"])
    assert function["Architectures"] == ["x86_64"]


def test_its_handler_is_in_the_image_and_is_called_by_lambdas_client(function: dict[str, Any]) -> None:
    assert function["ImageConfig"]["EntryPoint"] == ["python", "-m", "awslambdaric"]
    (command,) = function["ImageConfig"]["Command"]
    module, _, handler = command.rpartition(".")
    assert f"\ndef {handler}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text()
    locked = (ROOT / "container" / "requirements.txt").read_text()
    assert "\nawslambdaric==" in locked
    assert "\nboto3==" in locked


def test_data_at_the_limit_fits_in_its_time_and_on_its_disk(function: dict[str, Any], limit: int) -> None:
    assert function["Timeout"] == 900, "the most that Lambda gives"
    assert limit / BYTES_A_SECOND < function["Timeout"] / 3
    text_and_parquet = limit + 2 * limit / PACKED_TIMES  # accepted rows, and all of the history again
    assert 2 * text_and_parquet < function["EphemeralStorage"]["Size"] * MEGABYTE, "as much again for what is spilled"


def test_half_of_its_memory_is_left_to_what_is_not_duckdbs(function: dict[str, Any]) -> None:
    given = function["Environment"]["Variables"]["DUCKDB_MEMORY_LIMIT"]
    assert given == f"{function['MemorySize'] // 2}MB"


def test_the_job_has_more_room_than_the_function_whose_work_it_takes_over(
    workflow: Workflow, function: dict[str, Any], substitutions: dict[str, Any]
) -> None:
    job = workflow.states["PrepareData"]["Parameters"]
    assert substitutions["ProcessingInstance"] == "ml.m5.large", "8 GiB of memory"
    assert job["Environment"]["DUCKDB_MEMORY_LIMIT"] == "4GB"
    assert function["MemorySize"] // 2 < 4000
    assert job["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] * 1000 > function["EphemeralStorage"]["Size"]


def test_what_the_function_cannot_do_the_job_does_and_what_nobody_can_fails_the_run(workflow: Workflow) -> None:
    over, rest = workflow.states["PrepareSmallData"]["Catch"]
    assert over["Next"] == "PrepareData"
    assert {"TooLargeForFunction", "Sandbox.Timedout", "Runtime.ExitError", "Lambda.Unknown", "States.Timeout"} <= set(
        over["ErrorEquals"]
    )
    assert "Lambda.CodeArtifactUserPendingException" in over["ErrorEquals"], "an image idle for weeks is put away"
    assert not {"States.ALL", "States.TaskFailed"} & set(over["ErrorEquals"])
    assert rest["Next"] == "FailRun"


def test_both_ways_read_and_write_the_same_places_and_lead_to_the_same_state(workflow: Workflow) -> None:
    small, large = workflow.states["PrepareSmallData"], workflow.states["PrepareData"]
    assert small["Next"] == large["Next"] == "ReadDataSummary"
    payload, job = small["Parameters"]["Payload"], large["Parameters"]
    assert payload["inputs.$"] == job["ProcessingInputs"][0]["S3Input"]["S3Uri.$"]
    assert payload["run_prefix.$"] in next(
        each for each in strings(job["AppSpecification"]) if each.startswith("States.Array(")
    )
    outputs = {each["OutputName"]: each["S3Output"] for each in job["ProcessingOutputConfig"]["Outputs"]}
    assert payload["outputs"] == {f"{name}.$": each["S3Uri.$"] for name, each in outputs.items()}
    for name, each in outputs.items():
        assert each["LocalPath"] == f"/opt/ml/processing/output/{name}", "where the handler takes it from"


def test_without_a_size_the_job_takes_it(workflow: Workflow) -> None:
    assert workflow.states["ChoosePreparation"]["Default"] == "PrepareData"


@pytest.mark.parametrize(
    ("action", "key", "permitted"),
    [
        ("s3:GetObject", "runs/d/r/input/0000/a.csv", True),
        ("s3:GetObject", "accepted/d/r/a.parquet", True),
        ("s3:PutObject", "runs/d/r/prepared/train/train.parquet", True),
        ("s3:PutObject", "accepted/d/r/a.parquet", True),
        ("s3:PutObject", "quarantine/d/r/rejected.csv", True),
        ("s3:GetObject", "incoming/d/a.csv", False),
        ("s3:GetObject", "quarantine/d/r/rejected.csv", False),
        ("s3:PutObject", "incoming/d/a.csv", False),
        ("s3:PutObject", "runs/d/r/run.json", False),
        ("s3:PutObject", "runs/d/r/models/model.tar.gz", False),
        ("s3:PutObject", "runs/d/r/verdict.json", False),
        ("s3:DeleteObject", "runs/d/r/prepared/report.json", False),
    ],
)
def test_it_reads_what_runs_read_and_writes_what_prepare_writes(
    template: Template, may: list[Statement], action: str, key: str, permitted: bool
) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    assert any(each.permits(action, f"${{{bucket}.Arn}}/{key}") for each in may) is permitted


def test_it_reaches_nothing_but_the_bucket_its_log_and_traces(may: list[Statement]) -> None:
    assert {action.split(":")[0] for each in may for action in each.actions} == {"s3", "logs", "xray"}


def test_it_has_a_log_of_its_own_that_forgets(
    template: Template, function: dict[str, Any], may: list[Statement]
) -> None:
    group = text(function["LoggingConfig"]["LogGroup"]).removeprefix("${").removesuffix("}")
    assert template.of("AWS::Logs::LogGroup")[group]["RetentionInDays"] > 0
    assert any(each.permits("logs:PutLogEvents", f"${{{group}.Arn}}") for each in may)
    assert str(template.of("AWS::Lambda::Function")).count(f"'{group}'") == 1


def test_the_workflow_may_invoke_it_and_no_function_but_its_own(
    template: Template, workflow: Workflow, substitutions: dict[str, Any]
) -> None:
    _, machine = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    (invoking,) = (
        each for each in template.statements_of(role_of(machine, "RoleArn")) if "lambda:InvokeFunction" in each.actions
    )
    assert sorted(invoking.resources) == sorted(text(substitutions[name]) for name in workflow.every_function)


def test_an_image_that_a_ci_has_pushed_is_taken_by_digest_and_lambda_may_pull_it(tmp_path: Path) -> None:
    digest = f"sha256:{'a' * 64}"
    context = {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps({"image_digest": digest})}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    app = [sys.executable, str(ROOT / "cdk_app" / "app.py")]
    subprocess.run(app, env={**os.environ, **context, "PATH": path}, check=True, capture_output=True)
    (file,) = tmp_path.glob("*.template.json")
    template = Template(json.loads(file.read_text()))
    _, function = template.image_function("small_data")
    repository, _ = template.one("AWS::ECR::Repository")
    assert function["Code"]["ImageUri"]["Fn::Join"][1][-2:] == [{"Ref": repository}, f"@{digest}"]
    (pull,) = (each for each in template.statements() if each.policy == repository)
    assert pull.said["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert set(pull.actions) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    }


def test_every_job_is_told_what_it_runs_on_for_the_report_to_price_it(
    workflow: Workflow, function: dict[str, Any]
) -> None:
    for name, place in (("PrepareData", "ProcessingResources"), ("EvaluateChallenger", "ProcessingResources")):
        job = workflow.states[name]["Parameters"]
        assert job["Environment"]["INSTANCE_TYPE"] == job[place]["ClusterConfig"]["InstanceType"], name
    training = workflow.states["TrainChallenger"]["Parameters"]
    assert training["Environment"]["INSTANCE_TYPE"] == training["ResourceConfig"]["InstanceType"]
    assert function["Environment"]["Variables"]["INSTANCE_TYPE"] == f"lambda.{function['MemorySize']}MB"
