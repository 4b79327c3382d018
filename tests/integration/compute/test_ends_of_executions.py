"""However an execution ends, what it started ends with it, and everyone is told."""

import json
from typing import Any

import pytest

from tests.integration.compute.world import World, until

SLOW = "import time\ndef handler(event, context):\n    time.sleep(2)\n    raise ValueError('too late')\n"


def hanging_training(world: World) -> dict[str, Any]:
    world.put("train/rows.csv", "1,2\n")
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": world.training_request(do="hang"),
        "End": True,
    }


def in_training(world: World, name: str) -> bool:
    jobs = world.client("sagemaker").list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    return any(job["SecondaryStatus"] == "Training" for job in jobs)


def stop(world: World, execution: str) -> None:
    world.client("stepfunctions").stop_execution(executionArn=execution, error="Cancelled", cause="by its owner")


def test_aborting_an_execution_stops_its_job(world: World) -> None:
    task = hanging_training(world)
    name = task["Parameters"]["TrainingJobName"]
    execution = world.start(world.machine({"Train": task}))
    until(lambda: in_training(world, name))

    stop(world, execution)

    described = world.ended(execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Cancelled", "by its owner")
    assert world.finished("Training", name)["TrainingJobStatus"] == "Stopped"
    assert world.ended(execution)["status"] == "ABORTED"


@pytest.mark.parametrize("limited", ["task", "machine"])
def test_a_time_out_stops_the_job(world: World, limited: str) -> None:
    task = hanging_training(world)
    definition: dict[str, Any] = {"StartAt": "Train", "States": {"Train": task}}
    (task if limited == "task" else definition)["TimeoutSeconds"] = 1
    machine = world.client("stepfunctions").create_state_machine(
        name=f"limited-{limited}-{world.bucket}", definition=json.dumps(definition), roleArn=world.role
    )["stateMachineArn"]

    described = world.ended(world.start(machine))

    assert described["status"] == ("FAILED" if limited == "task" else "TIMED_OUT")
    assert described["error"] == "States.Timeout"
    assert described["stopDate"]
    assert world.finished("Training", task["Parameters"]["TrainingJobName"])["TrainingJobStatus"] == "Stopped"


def test_aborting_a_parent_stops_its_child(world: World) -> None:
    child = world.machine({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Name": "child"},
        "End": True,
    }
    parent = world.start(world.machine({"Start": start}))
    states = world.client("stepfunctions")
    until(lambda: states.list_executions(stateMachineArn=child)["executions"])

    stop(world, parent)

    def child_status() -> bool:
        return bool(states.list_executions(stateMachineArn=child)["executions"][0]["status"] == "ABORTED")

    assert until(child_status)


def test_an_aborted_execution_stays_aborted_when_its_task_fails_afterwards(world: World) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": world.function(SLOW)},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    execution = world.start(world.machine({"Do": task, "Caught": {"Type": "Succeed"}}))
    until(lambda: any(event["type"] == "TaskStarted" for event in world.history(execution)))

    stop(world, execution)
    at_once = world.ended(execution)["status"]
    until(lambda: any(event["type"] == "ExecutionAborted" for event in world.history(execution)))

    assert at_once == world.ended(execution)["status"] == "ABORTED"
    assert "Caught" not in json.dumps(world.history(execution), default=str)


def test_every_change_of_status_arrives_as_an_event(world: World) -> None:
    address, arn = world.queue()
    good = world.machine({"Done": {"Type": "Pass", "Result": {"rows": 1}, "End": True}})
    bad = world.machine({"No": {"Type": "Fail", "Error": "DatasetRejected", "Cause": "no rows"}})
    stuck = world.machine({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [good, bad, stuck]},
    }
    events = world.client("events")
    events.put_rule(Name=world.bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=world.bucket, Targets=[{"Id": "queue", "Arn": arn}])

    executions = [world.start(machine, {"a": 1}) for machine in (good, bad, stuck)]
    stop(world, executions[2])
    received: list[dict[str, Any]] = []

    def all_there() -> bool:
        received.extend(json.loads(body) for body in world.receive(address))
        return len(received) == 6

    until(all_there)
    details = {(event["detail"]["stateMachineArn"], event["detail"]["status"]): event["detail"] for event in received}
    assert set(details) == {
        (good, "RUNNING"), (good, "SUCCEEDED"), (bad, "RUNNING"), (bad, "FAILED"), (stuck, "RUNNING"),
        (stuck, "ABORTED"),
    }  # fmt: skip
    succeeded, failed = details[good, "SUCCEEDED"], details[bad, "FAILED"]
    assert json.loads(succeeded["output"]) == {"rows": 1}
    assert json.loads(succeeded["input"]) == {"a": 1}
    assert succeeded["executionArn"] == executions[0]
    assert succeeded["startDate"] <= succeeded["stopDate"]
    assert (failed["error"], failed["cause"]) == ("DatasetRejected", "no rows")
    assert details[good, "RUNNING"]["stopDate"] is None
    assert {event["resources"][0] for event in received} == set(executions)
