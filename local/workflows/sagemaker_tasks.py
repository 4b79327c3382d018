"""The optimized SageMaker integration: `sagemaker:create….sync` and `sagemaker:createModel`."""

import json
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import ParamValidator
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.cloud import Cloud
from local.jobs.book import Book
from local.jobs.job import KINDS, Job, Kind
from local.role_sessions import RoleSessions
from local.workflows.aborting import EndsWithExecution, Watch

MODELLED_ERRORS = ("ConflictException", "ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound")
WAITABLE = {f"create{kind.title}Job": kind for kind in KINDS}
OTHERS = ("createModel",)


def sagemaker_task_class(cloud: Cloud, sessions: RoleSessions) -> type[Any]:
    """The task class for one cloud."""

    class SageMakerTask(EndsWithExecution, StateTaskServiceCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            # With Sync alone moto's callback machinery fails for want of a task token.
            super().__init__(
                supported_integration_patterns={ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
            )

        def _validate_service_integration_is_supported(self) -> None:
            action, waits = self.resource.api_action, self.resource.condition is not None
            if action not in (WAITABLE if waits else (*WAITABLE, *OTHERS)):
                raise ValueError(f"The resource {self.resource.resource_arn} is not supported by the laptop cloud")

        def _eval_service_task(self, env: Any, normalised_parameters: Any, state_credentials: Any, **_: Any) -> None:
            client = sessions.client("sagemaker", state_credentials.role_arn, "StepFunctions")
            _check_parameters(client, self.resource.api_action, normalised_parameters)
            answer = getattr(client, self._get_boto_service_action())(**normalised_parameters)
            answer.pop("ResponseMetadata", None)
            env.stack.append(answer)

        def _build_sync_resolver(self, env: Any, normalised_parameters: Any, state_credentials: Any, **_: Any) -> Watch:
            env.stack.pop()
            kind = WAITABLE[self.resource.api_action]
            job = cloud.kept(Book).find(kind, normalised_parameters[kind.name_key])
            assert job is not None
            client = sessions.client("sagemaker", state_credentials.role_arn, "StepFunctions")
            return JobWatch(self, env, kind, job, client)

        def _from_error(self, env: Any, ex: Exception) -> Any:
            if isinstance(ex, ClientError):
                return self.failure(env, *_error_and_cause(ex))
            return super()._from_error(env=env, ex=ex)

        def failure(self, env: Any, error: str, cause: str) -> Any:
            details = TaskFailedEventDetails(
                error=error, cause=cause, resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type()
            )
            return FailureEvent(
                env=env,
                error_name=ErrorName(error),
                event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(taskFailedEventDetails=details),
            )

    return SageMakerTask


class JobWatch(Watch):
    """Waits for one job without asking for it."""

    def __init__(self, task: Any, env: Any, kind: Kind, job: Job, client: Any) -> None:
        self._task, self._env, self._kind, self._job, self._client = task, env, kind, job, client

    def __call__(self) -> Any:
        """The whole Describe answer of a completed job; a failed one raises it as the Cause."""
        if not self._job.finished.wait(0.1):
            return None
        described = self._describe()
        if described[self._kind.status_key] == "Completed":
            return described
        failure = self._task.failure(self._env, "States.TaskFailed", json.dumps(described))
        raise FailureEventException(failure)

    def cancel(self) -> None:
        """Stops the job."""
        if not self._job.finished.is_set():
            self._call("stop")

    def _describe(self) -> Any:
        answer = self._call("describe")
        answer.pop("ResponseMetadata", None)
        return _with_millisecond_dates(answer)

    def _call(self, verb: str) -> Any:
        operation = getattr(self._client, f"{verb}_{self._kind.noun}")
        return operation(**{self._kind.name_key: self._job.name})


def _with_millisecond_dates(value: Any) -> Any:
    """Dates as the numbers that SageMaker's own events, from which AWS takes this output, have for them."""
    if isinstance(value, dict):
        return {name: _with_millisecond_dates(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_millisecond_dates(member) for member in value]
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value


def _check_parameters(client: Any, action: str, parameters: Any) -> None:
    """Step Functions knows the request's members; what does not fit is no error of SageMaker."""
    shape = client.meta.service_model.operation_model(action[0].upper() + action[1:]).input_shape
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        problems = report.generate_report()
        raise ValueError(f"The Parameters '{json.dumps(parameters)}' could not be used to start the Task: [{problems}]")


def _error_and_cause(error: ClientError) -> tuple[str, str]:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    name = f"{code.removesuffix('Exception')}Exception" if code in MODELLED_ERRORS else "AmazonSageMakerException"
    about = error.response["ResponseMetadata"]
    return f"SageMaker.{name}", (
        f"{message} (Service: AmazonSageMaker; Status Code: {about['HTTPStatusCode']}; Error Code: {code}; "
        f"Request ID: {about.get('RequestId')}; Proxy: null)"
    )
