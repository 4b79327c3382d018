"""Answers of the Step Functions API that moto gives in part only."""

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import Seams
from local.workflows.status_events import output_of


def install_descriptions(seams: Seams) -> None:
    """Replaces DescribeExecution and StopExecution."""
    # moto gives no stopDate to a timed-out execution, and drops the error and cause of StopExecution.
    seams.replace(StepFunctionResponse, "describe_execution", _describe_execution)
    seams.replace(StepFunctionResponse, "stop_execution", _stop_execution)


def _describe_execution(response: Any) -> Any:
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    output = output_of(execution)
    facts = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.exec_status.value,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": output,
        "outputDetails": None if output is None else {"included": True},
        "error": execution.error,
        "cause": execution.cause,
    }
    return ActionResult({name: fact for name, fact in facts.items() if fact is not None})


def _stop_execution(response: Any) -> Any:
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    error, cause = response._get_param("error"), response._get_param("cause")
    execution.stop(stop_date=datetime.now(UTC), error=error, cause=cause)
    return ActionResult({"stopDate": execution.stop_date})
