"""What the workflow asks of AWS: each request is one that the service takes, and that its role may make."""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from pydantic import BaseModel

from evergreen.manifest import DataSummary
from evergreen.runs import run_id_for
from evergreen.verdict import Verdict
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Statement, Template, role_of, text
from tests.infrastructure.workflow import Workflow, evaluate, fill, strings
from tests.integration.functions.world import DATASET, World, tuned
from tests.integration.stores.aws import account

LONGEST = "a" + "_b" * 14 + "c"
STATES = tuple(
    name
    for name, state in json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text())["States"].items()
    if state["Type"] == "Task"
)


@pytest.fixture(scope="module")
def pinned() -> dict[str, Any]:
    """What PinInputs hands on, as it really does, of a data set that is tuned."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    with account() as aws:
        world = tuned(World.of(aws))
        run_id, _ = world.run("incoming/next_purchase/a.csv")
        return world.pinning.pin(DATASET, run_id, 1)


@pytest.fixture(scope="module")
def values(pinned: dict[str, Any], substitutions: dict[str, Any]) -> dict[str, Any]:
    """A plausible value for every path, variable and substitution."""
    model = f"{pinned['models']}/next-purchase-00001-3f2a9c81-train-00/output/model.tar.gz"
    return {
        **{f"$.run.value.{name}": value for name, value in pinned.items()},
        **{f"${{{name}}}": "ml.m5.large" if name.endswith("Instance") else "x" * 20 for name in substitutions},
        "${Image}": "123456789012.dkr.ecr.us-east-1.amazonaws.com/evergreen:tag",
        "${DataBucket}": "evergreen-data",
        "${SageMakerRole}": "arn:aws:iam::123456789012:role/evergreen-jobs",
        "$$.Execution.Input.dataset": LONGEST,
        "$$.Execution.Input.run_id": run_id_for(LONGEST, 99_999, ["a"]),
        "$$.Execution.Input.fence": 99_999,
        "$$.State.RetryCount": 5,
        "$$.Task.Token": "a" * 1024,
        "$job_attempt": 3,
        "$.challenger.model_uri": model,
        **{f"$.run.value.tuning.{name}": value for name, value in pinned["tuning"].items()},
        **{f"$.run.value.training.{name}": value for name, value in pinned["training"].items()},
        "$.champion.value.model_uri": model,
        "$.champion.value.run_id": "next-purchase-00001-3f2a9c81",
        "$.data.value.reason": "usable",
        "$.error": {"Error": "States.TaskFailed", "Cause": "{}"},
        "$$.Map.Item.Value.part": "part-00000.csv",
        "$$.Map.Item.Value.rows": 50_000,
        "$.model.name": "next-purchase-00001-3f2a9c81-model-00",
        "$.verdict.value.reasons": ["better"],
    }


def operation(state: dict[str, Any]) -> tuple[str, str]:
    """Service and operation of a task's resource."""
    *_, service, action = re.sub(r"\.(sync|waitForTaskToken)$", "", state["Resource"]).split(":")
    return service, action[0].upper() + action[1:]


def faults(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """What botocore leaves to the service: enumerations, patterns and longest lengths."""
    match shape.type_name:
        case "structure":
            for name, each in value.items():
                yield from faults(shape.members[name], each, f"{where}.{name}")
        case "list":
            for number, each in enumerate(value):
                yield from faults(shape.member, each, f"{where}[{number}]")
        case "map":
            for name, each in value.items():
                yield from (*faults(shape.key, name, f"{where}.{name}"), *faults(shape.value, each, f"{where}.{name}"))
        case "string":
            pattern, longest = shape._shape_model.get("pattern"), shape.metadata.get("max")
            if shape.enum and value not in shape.enum:
                yield f"{where}: {value!r} is none of {shape.enum}"
            if pattern and not re.fullmatch(pattern, value):
                yield f"{where}: {value!r} is not like {pattern}"
            if longest and len(value) > longest:
                yield f"{where}: {value!r} is longer than {longest}"


@pytest.mark.parametrize("name", STATES)
def test_a_states_parameters_are_what_the_service_takes(workflow: Workflow, values: dict[str, Any], name: str) -> None:
    state = workflow.states[name]
    service, action = operation(state)
    asked = fill(state["Parameters"], values)
    if service == "lambda":
        asked["Payload"] = json.dumps(asked["Payload"])
    shape = botocore.session.get_session().get_service_model(service).operation_model(action).input_shape
    assert shape
    report = ParamValidator().validate(asked, shape)
    assert not report.has_errors(), report.generate_report()
    assert list(faults(shape, asked)) == []


def test_every_job_has_a_new_name_at_each_attempt(workflow: Workflow, values: dict[str, Any]) -> None:
    for name, state in workflow.jobs.items():
        (template,) = (
            value for key, value in state["Parameters"].items() if key.endswith("Name.$") and "Format" in value
        )
        assert "$job_attempt" in template, name
        assert "$$.State.RetryCount" in template, name
        names = {
            evaluate(template, values | {"$job_attempt": attempt, "$$.State.RetryCount": retry})
            for attempt in range(4)
            for retry in range(6)
        }
        assert len(names) == 24, name
        assert max(map(len, names)) <= 63, name


def test_jobs_of_one_run_do_not_take_each_others_names(workflow: Workflow) -> None:
    templates = [
        value for state in workflow.jobs.values() for value in strings(state["Parameters"]) if "Format" in value
    ]
    assert len(set(templates)) == len(templates) == len(workflow.jobs)


@pytest.mark.parametrize(
    ("path", "model"), [("$.data.value", DataSummary), ("$.verdict.value", Verdict), ("$.run.value", None)]
)
def test_what_a_state_reads_of_an_earlier_answer_is_in_that_answer(
    workflow: Workflow, pinned: dict[str, Any], path: str, model: type[BaseModel] | None
) -> None:
    read = {name for each in strings(workflow.definition) for name in re.findall(re.escape(path) + r"\.(\w+)", each)}
    given = set(model.model_fields) if model else set(pinned)
    assert read
    assert read <= given


def test_every_answer_of_pin_inputs_is_read(workflow: Workflow, pinned: dict[str, Any]) -> None:
    read = {name for each in strings(workflow.definition) for name in re.findall(r"\$\.run\.value\.(\w+)", each)}
    assert set(pinned) - read == {"run_id", "dataset"}


@pytest.fixture(scope="module")
def may(template: Template) -> list[Statement]:
    _, machine = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    return template.statements_of(role_of(machine, "RoleArn"))


def needed(state: dict[str, Any], template: Template, substitutions: dict[str, Any]) -> list[tuple[str, str]]:
    """The actions and resources of a task, by AWS's own tables of what each integration needs."""

    def ours(service: str, resource: str) -> str:
        return f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"

    service, action = operation(state)
    bucket, _ = template.one("AWS::S3::Bucket")
    passed = ("iam:PassRole", text(substitutions["SageMakerRole"]))
    match service, action:
        case "lambda", "Invoke":
            function = state["Parameters"]["FunctionName"].strip("${}")
            return [("lambda:InvokeFunction", text(substitutions[function]))]
        case "s3", "GetObject":
            return [("s3:GetObject", f"${{{bucket}.Arn}}/runs/next_purchase/r/prepared/summary.json")]
        case "sagemaker", "CreateModel":
            return [("sagemaker:CreateModel", ours("sagemaker", "model/m")), passed]
        case "sagemaker", create:
            job = create.removeprefix("Create")
            kind = job.removesuffix("Job")
            arn = ours("sagemaker", re.sub(r"(?<!^)(?=[A-Z])", "-", job).lower() + "/j")
            watched_kind = kind.removeprefix("HyperParameter")
            rule = ours("events", f"rule/StepFunctionsGetEventsForSageMaker{watched_kind}JobsRule")
            jobs = [f"sagemaker:{verb}{job}" for verb in ("Create", "Describe", "Stop")]
            watched = [f"events:{verb}" for verb in ("PutTargets", "PutRule", "DescribeRule")]
            return [
                *((each, arn) for each in (*jobs, "sagemaker:AddTags")),
                *((each, rule) for each in watched),
                *([] if kind == "Transform" else [passed]),
            ]
    raise ValueError(f"no table for {state['Resource']}")


@pytest.mark.parametrize("name", STATES)
def test_the_workflows_role_may_do_what_the_state_does(
    workflow: Workflow, template: Template, substitutions: dict[str, Any], may: list[Statement], name: str
) -> None:
    denied = [
        (action, resource)
        for action, resource in needed(workflow.states[name], template, substitutions)
        if not any(each.permits(action, resource) for each in may)
    ]
    assert denied == []


def test_the_workflows_role_may_do_nothing_that_no_state_does(
    workflow: Workflow, template: Template, substitutions: dict[str, Any], may: list[Statement]
) -> None:
    used = {action for state in workflow.tasks.values() for action, _ in needed(state, template, substitutions)}
    # A Distributed Map's items are executions of the machine itself.
    used |= {f"states:{verb}Execution" for verb in ("Start", "Describe", "Stop") if workflow.maps}
    granted = {action for each in may for action in each.actions if action.split(":")[0] not in ("logs", "xray")}
    assert granted == used


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "${Bucket.Arn}/accepted/next_purchase/r/a.parquet"),
        ("s3:PutObject", "${Bucket.Arn}/runs/next_purchase/r/run.json"),
        ("iam:PassRole", "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/Admin"),
        ("sagemaker:CreateEndpoint", "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/e"),
        ("sagemaker:StopTrainingJob", "arn:${AWS::Partition}:sagemaker:${AWS::Region}:999999999999:training-job/j"),
        ("events:PutRule", "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/AnyOther"),
    ],
)
def test_the_workflows_role_stops_short_of_what_lies_next_door(
    template: Template, may: list[Statement], action: str, resource: str
) -> None:
    bucket, _ = template.one("AWS::S3::Bucket")
    assert not any(each.permits(action, resource.replace("${Bucket.", f"${{{bucket}.")) for each in may)


def test_the_jobs_role_reads_what_runs_read_and_writes_what_runs_write(template: Template) -> None:
    role, _ = template.named("AWS::IAM::Role", "JobRole")
    bucket, _ = template.one("AWS::S3::Bucket")
    may = template.statements_of(role)

    def permitted(action: str, key: str) -> bool:
        return any(each.permits(action, f"${{{bucket}.Arn}}/{key}") for each in may)

    for prefix in ("runs/", "accepted/"):
        assert permitted("s3:GetObject", f"{prefix}next_purchase/r/a")
        assert permitted("s3:PutObject", f"{prefix}next_purchase/r/a")
    assert permitted("s3:PutObject", "quarantine/next_purchase/r/rejected.csv")
    assert not permitted("s3:GetObject", "incoming/next_purchase/a.csv"), "jobs see frozen copies only"
    assert not permitted("s3:PutObject", "incoming/next_purchase/a.csv"), "or a run would start itself"
