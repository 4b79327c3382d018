"""The life of an execution: its name, how it ends, and what is told about it."""

import re
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.exceptions import InvalidName
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.cloud import Cloud
from local.seams import Seams
from local.workflows.execution_log import log_session
from local.workflows.status_events import announce

NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_ending = threading.Lock()  # an execution ends once, whoever is first


def install_executions(cloud: Cloud, seams: Seams) -> None:
    """Gives executions AWS's names, ends, and status change events."""

    def start_execution(backend: Any, arn: str, name: str | None = None, *others: Any, **named: Any) -> Any:
        chosen = name or str(uuid.uuid4())
        if not NAME.fullmatch(chosen):
            raise InvalidName(f"Invalid Name: '{chosen}'")
        return stock_start_execution(backend, arn, chosen, *others, **named)

    def start(execution: Any) -> None:
        execution._cloud_watch_logging_session = log_session(cloud, execution)
        execution.exec_status = ExecutionStatus.RUNNING
        announce(cloud, execution)
        stock_start(execution)

    def terminated(communication: Any) -> None:
        if end(communication.execution, *_end_of(communication.execution.exec_worker.env)):
            announce(cloud, communication.execution)

    def stop(execution: Any, stop_date: Any, error: str | None, cause: str | None) -> None:
        if end(execution, ExecutionStatus.ABORTED, {"error": error, "cause": cause, "stop_date": stop_date}):
            _stop_worker(execution.exec_worker, error, cause)
            announce(cloud, execution)

    def set_error(env: Any, error: Any) -> None:
        if not isinstance(env._program_state, ProgramStopped | ProgramTimedOut):
            stock_set_error(env, error)

    def start_details(execution: Any) -> Any:
        details = stock_start_details(execution)
        details.start_time = execution.start_date.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return details

    # Without a name moto takes the second execution for the first one.
    stock_start_execution = seams.replace(StepFunctionsParserBackend, "start_execution", start_execution)
    stock_start = seams.replace(Execution, "start", start)
    # moto shows an aborted execution as running until its current task has answered.
    seams.replace(BaseExecutionWorkerCommunication, "terminated", terminated)
    seams.replace(Execution, "stop", stop)
    # moto's $$.Execution.StartTime is no text, so that it cannot be passed on.
    stock_start_details = seams.replace(Execution, "get_start_execution_details", start_details)
    # A task that fails because its execution was stopped would turn the execution into a failed one.
    stock_set_error = seams.replace(Environment, "set_error", set_error)


def end(execution: Any, status: Any, facts: dict[str, Any]) -> bool:
    """Notes how an execution ended; False when it already had. The status is last: who sees it sees the rest."""
    with _ending:
        if execution.exec_status != ExecutionStatus.RUNNING:
            return False
        execution.stop_date = datetime.now(UTC)
        for name, value in facts.items():
            setattr(execution, name, value)
        execution.exec_status = status
        return True


def _end_of(env: Any) -> tuple[Any, dict[str, Any]]:
    state = env.program_state()
    if isinstance(state, ProgramEnded):
        return ExecutionStatus.SUCCEEDED, {"output": env.states.get_input()}
    if isinstance(state, ProgramTimedOut):
        return ExecutionStatus.TIMED_OUT, {"error": "States.Timeout"}
    if isinstance(state, ProgramError):
        return ExecutionStatus.FAILED, {"error": state.error.get("error"), "cause": state.error.get("cause")}
    return ExecutionStatus.ABORTED, {}


def _stop_worker(worker: Any, error: str | None, cause: str | None) -> None:
    """Tells the interpreter, which may not have begun yet."""
    deadline = time.monotonic() + 5
    while (worker.env is None or worker.env._program_state is None) and time.monotonic() < deadline:
        time.sleep(0.001)
    worker.env.set_stop(stop_date=datetime.now(UTC), error=error, cause=cause)
