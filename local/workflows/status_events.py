"""The event that Step Functions puts on the default bus whenever the status of an execution changes."""

from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.cloud import Cloud
from local.service_events import put_service_event

REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")


def announce(cloud: Cloud, execution: Any) -> None:
    """Puts the event for the status that the execution has now."""
    put_service_event(
        cloud,
        source="aws.states",
        detail_type="Step Functions Execution Status Change",
        resources=[execution.exec_arn],
        detail=status_change(execution),
    )


def status_change(execution: Any) -> dict[str, Any]:
    """The event's detail, with every member that AWS gives it."""
    status = execution.exec_status.value
    output = output_of(execution)
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": execution.execution_input,
        "output": output,
        "inputDetails": {"included": True},
        "outputDetails": None if output is None else {"included": True},
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "REDRIVABLE" if status in REDRIVABLE else "NOT_REDRIVABLE",
        "redriveStatusReason": None if status in REDRIVABLE else f"Execution is {status} and cannot be redriven",
        "error": execution.error,
        "cause": execution.cause,
    }


def output_of(execution: Any) -> str | None:
    """The output of a succeeded execution as JSON text."""
    if execution.exec_status != ExecutionStatus.SUCCEEDED:
        return None
    return str(to_json_str(execution.output, separators=(",", ":")))


def _milliseconds(moment: Any) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
