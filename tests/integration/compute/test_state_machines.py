"""State machines run as Step Functions runs them: data, errors, retries, names."""

import json
import time
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.compute.world import World, unique

RAISE = """
class DatasetRejected(Exception):
    pass
def handler(event, context):
    if event.get("reject"):
        raise DatasetRejected("no rows are left")
    return {"got": event}
"""
LAMBDA = "arn:aws:states:::lambda:invoke"


def invoke(function: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": LAMBDA,
        "Parameters": {"FunctionName": function, "Payload": payload},
        "End": True,
        **more,
    }


def output(execution: dict[str, Any]) -> Any:
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return json.loads(execution["output"])


def test_the_error_type_of_a_handler_is_the_name_that_catch_sees(world: World) -> None:
    catch = {
        "ErrorEquals": ["DatasetRejected"],
        "Assign": {"why.$": "$.Error", "cause.$": "States.StringToJson($.Cause)"},
        "Next": "Say",
    }
    task = invoke(world.function(RAISE), {"reject": True}, Catch=[catch])
    say = {"Type": "Pass", "Parameters": {"why.$": "$why", "message.$": "$cause.errorMessage"}, "End": True}
    execution = world.run({"Do": task, "Say": say})

    assert output(execution) == {"why": "DatasetRejected", "message": "no rows are left"}


def test_variables_intrinsics_and_the_context_object_reach_a_function(world: World) -> None:
    states = {
        "Name": {
            "Type": "Pass",
            "Assign": {"prefix.$": "States.Format('runs/{}/{}', $.dataset, $$.Execution.Name)"},
            "Next": "Do",
        },
        "Do": invoke(
            world.function(RAISE),
            {"prefix.$": "$prefix", "entered.$": "$$.State.Name", "count.$": "States.MathAdd($.rows, 1)"},
            ResultSelector={"got.$": "$.Payload.got"},
            ResultPath="$.answer",
        ),
    }
    execution = world.run(states, {"dataset": "d", "rows": 2})

    got = output(execution)["answer"]["got"]
    assert got == {"prefix": f"runs/d/{execution['name']}", "entered": "Do", "count": 3}


def test_an_object_in_s3_is_read_as_text(world: World) -> None:
    world.put("report.json", '{"usable": true}')
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": world.bucket, "Key": "report.json"},
        "ResultSelector": {"report.$": "States.StringToJson($.Body)", "modified.$": "$.LastModified"},
        "End": True,
    }

    answer = output(world.run({"Read": read}))

    assert answer["report"] == {"usable": True}
    assert answer["modified"].endswith("Z")


def test_a_missing_object_is_an_error_with_the_name_that_aws_gives_it(world: World) -> None:
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": world.bucket, "Key": "nothing"},
        "End": True,
    }

    assert world.run({"Read": read})["error"] == "S3.NoSuchKeyException"


def test_a_training_job_ends_its_task_with_its_whole_description(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")

    described = output(world.run({"Train": train(world, do="learn")}))

    assert described["TrainingJobStatus"] == "Completed"
    assert described["ModelArtifacts"]["S3ModelArtifacts"].endswith("/output/model.tar.gz")
    assert isinstance(described["CreationTime"], int)


def train(world: World, **hyperparameters: str) -> dict[str, Any]:
    request = world.training_request(**hyperparameters)
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": request, "End": True}


def test_the_failure_text_of_a_training_job_is_the_cause_of_its_task(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")
    task = train(world, do="fail")

    execution = world.run({"Train": task})

    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(execution["cause"])
    assert cause["TrainingJobName"] == task["Parameters"]["TrainingJobName"]
    assert cause["FailureReason"] == "AlgorithmError: the column 'price' is missing, exit code: 1"


def test_each_attempt_of_a_task_has_its_own_job_name(world: World) -> None:
    world.put("train/rows.csv", "1,2\n")
    task = train(world, do="fail")
    base = task["Parameters"].pop("TrainingJobName")
    task["Parameters"]["TrainingJobName.$"] = f"States.Format('{base}-{{}}', $$.State.RetryCount)"
    task["Retry"] = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 2}]
    before = time.monotonic()

    execution = world.run({"Train": task})

    assert time.monotonic() - before >= 1
    assert json.loads(execution["cause"])["TrainingJobName"] == f"{base}-1"
    assert world.finished("Training", f"{base}-0")["TrainingJobStatus"] == "Failed"


def test_a_refused_job_is_an_error_of_sagemaker(world: World) -> None:
    task = train(world, do="learn")
    task["Parameters"]["TrainingJobName"] = "under_score"

    execution = world.run({"Train": task})

    assert execution["error"] == "SageMaker.AmazonSageMakerException"
    assert "Error Code: ValidationException" in execution["cause"]


def test_a_parameter_that_sagemaker_does_not_have_is_named(world: World) -> None:
    task = train(world, do="learn")
    task["Parameters"]["HyperParameter"] = {}

    execution = world.run({"Train": task})

    assert execution["error"] == "States.Runtime"
    assert 'Unknown parameter in input: "HyperParameter"' in execution["cause"]


def test_a_job_name_that_is_taken_is_an_error_of_its_own(world: World) -> None:
    task = train(world, do="learn")
    task["Parameters"]["TrainingJobName"] = world.train(do="learn")["TrainingJobName"]

    assert world.run({"Train": task})["error"] == "SageMaker.ResourceInUseException"


def test_a_model_is_created_from_a_job_and_read_through_the_sdk_integration(world: World) -> None:
    container = {"Image": "image", "ModelDataUrl.$": "$.ModelArtifacts.S3ModelArtifacts"}
    name = unique("model")
    create = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createModel",
        "Parameters": {"ModelName": name, "ExecutionRoleArn": world.role, "PrimaryContainer": container},
        "Next": "Describe",
    }
    describe = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeModel",
        "Parameters": {"ModelName": name},
        "End": True,
    }
    world.put("train/rows.csv", "1,2\n")
    first = train(world, do="learn") | {"Next": "Create"}
    del first["End"]

    described = output(world.run({"Train": first, "Create": create, "Describe": describe}))

    assert described["PrimaryContainer"]["ModelDataUrl"].endswith("model.tar.gz")


def test_a_child_execution_gives_its_output_as_json(world: World) -> None:
    child = world.machine(
        {"Answer": {"Type": "Pass", "Parameters": {"twice.$": "States.MathAdd($.n, $.n)"}, "End": True}}
    )
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Input": {"n.$": "$.n"}},
        "ResultSelector": {"twice.$": "$.Output.twice", "status.$": "$.Status"},
        "End": True,
    }

    assert output(world.run({"Start": start}, {"n": 4})) == {"twice": 8, "status": "SUCCEEDED"}


def test_a_failed_child_fails_its_parent_with_its_description(world: World) -> None:
    child = world.machine({"No": {"Type": "Fail", "Error": "DatasetRejected", "Cause": "no rows"}})
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
        "End": True,
    }

    execution = world.run({"Start": start})

    assert execution["error"] == "States.TaskFailed"
    assert json.loads(execution["cause"])["Error"] == "DatasetRejected"


def test_the_same_name_with_the_same_input_is_the_same_execution_while_it_runs(world: World) -> None:
    machine = world.machine({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}})
    first = world.start(machine, {"a": 1}, name="run-1")

    assert world.start(machine, {"a": 1}, name="run-1") == first
    with pytest.raises(ClientError) as other_input:
        world.start(machine, {"a": 2}, name="run-1")
    world.ended(first)
    with pytest.raises(ClientError) as ended:
        world.start(machine, {"a": 1}, name="run-1")

    codes = {error.value.response["Error"]["Code"] for error in (other_input, ended)}
    assert codes == {"ExecutionAlreadyExists"}


def test_executions_without_a_name_are_different_ones(world: World) -> None:
    machine = world.machine({"Done": {"Type": "Succeed"}})

    assert world.start(machine) != world.start(machine)


def test_the_history_shows_the_states_and_the_failure(world: World) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.go", "BooleanEquals": True, "Next": "Do"}]}
    task = invoke(world.function(RAISE), {"reject": True})
    execution = world.start(world.machine({"Go?": choice, "Do": task}), {"go": True})
    world.ended(execution)

    events = world.history(execution)

    entered = [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")]
    failure = next(event for event in events if event["type"] == "TaskFailed")["taskFailedEventDetails"]
    assert entered == ["Go?", "Do"]
    assert "ChoiceStateExited" in [event["type"] for event in events]
    assert failure["error"] == "DatasetRejected"
    assert "no rows are left" in failure["cause"]


def test_the_history_is_written_to_the_log_group_of_the_machine(world: World) -> None:
    group = f"/states/{world.bucket}"
    world.client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{world.cloud.region}:{world.cloud.account}:log-group:{group}:*"
    settings = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
    machine = world.machine({"Done": {"Type": "Succeed"}}, loggingConfiguration=settings)

    world.ended(world.start(machine))

    written = [json.loads(line)["type"] for line in world.log(group)]
    assert written == ["ExecutionStarted", "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]


def test_the_time_at_which_an_execution_started_is_text(world: World) -> None:
    states = {
        "Say": {"Type": "Pass", "Parameters": {"at.$": "States.Format('{}', $$.Execution.StartTime)"}, "End": True}
    }
    execution = world.run(states)
    said = datetime.fromisoformat(output(execution)["at"])
    assert abs((said - execution["startDate"]).total_seconds()) < 0.01
