"""Tasks that wait for a token (`.waitForTaskToken`): who answers twice or too late is told so, as on AWS."""

import json
import threading
import time
from typing import Any

from moto.stepfunctions.exceptions import AWSError, InvalidToken
from moto.stepfunctions.parser.api import (
    ExecutionStatus,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackOutcomeTimedOut,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.seams import Seams

_POLL_SECONDS = 0.2
_answering = threading.Lock()  # a task is answered once, whoever is first


class TaskTimedOut(AWSError):  # type: ignore[misc]  # moto is untyped
    """The task was answered before, or its time is up."""

    TYPE = "TaskTimedOut"
    STATUS = 400


class InvalidOutput(AWSError):  # type: ignore[misc]
    """The answer is not JSON."""

    TYPE = "InvalidOutput"
    STATUS = 400


def install_task_tokens(seams: Seams) -> None:
    """Has a token taken once and no longer than its task lasts, and a wait end with its execution."""
    stock_wait = StateTaskServiceCallback._eval_wait_for_task_token
    stock_task = StateTaskServiceCallback._eval_body

    def wait(task: Any, env: Any, timeout_seconds: Any, callback_endpoint: Any, heartbeat_endpoint: Any) -> Any:
        if heartbeat_endpoint is not None:
            return stock_wait(task, env, timeout_seconds, callback_endpoint, heartbeat_endpoint)
        deadline = time.monotonic() + timeout_seconds
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            if outcome := callback_endpoint.wait(timeout=min(_POLL_SECONDS, left)):
                return outcome
        with _answering:
            callback_endpoint.interrupt_all()
        if not env.is_running():
            no_details = EventDetails(taskFailedEventDetails={})
            raise FailureEventException(FailureEvent(env, None, HistoryEventType.TaskStateAborted, no_details))
        return callback_endpoint.get_outcome() or CallbackOutcomeTimedOut(callback_id=callback_endpoint.callback_id)

    def run_task(task: Any, env: Any) -> None:
        try:
            stock_task(task, env)
        finally:  # also when its function failed, and nobody waited
            token = env.states.context_object.context_object_data.get("Task", {}).get("Token")
            endpoint = env.callback_pool_manager.get(token) if token else None
            if endpoint:
                endpoint.interrupt_all()

    def send_success(backend: Any, task_token: str, outcome: str) -> None:
        try:
            json.loads(outcome)
        except ValueError:
            raise InvalidOutput("Invalid Output: 'The output is not valid JSON'") from None
        _answer(backend, task_token, CallbackOutcomeSuccess(callback_id=task_token, output=outcome))

    def send_failure(backend: Any, task_token: str, error: Any = None, cause: Any = None) -> None:
        _answer(backend, task_token, CallbackOutcomeFailure(callback_id=task_token, error=error, cause=cause))

    # moto waits on for an execution that was stopped, takes a second answer in silence, and forgets old tokens.
    seams.replace(StateTaskServiceCallback, "_eval_wait_for_task_token", wait)
    seams.replace(StateTaskServiceCallback, "_eval_body", run_task)
    seams.replace(StepFunctionsParserBackend, "send_task_success", send_success)
    seams.replace(StepFunctionsParserBackend, "send_task_failure", send_failure)


def _answer(backend: Any, token: str, outcome: Any) -> None:
    for execution in backend._get_executions():
        env = execution.exec_worker.env if execution.exec_worker else None
        endpoint = env.callback_pool_manager.get(token) if env else None
        if endpoint is None:
            continue
        with _answering:
            if execution.exec_status != ExecutionStatus.RUNNING or endpoint._notify_event.is_set():
                raise TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")
            endpoint.notify(outcome=outcome)
        return
    raise InvalidToken("'Invalid token'")
