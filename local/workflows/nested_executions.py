"""`states:startExecution` with `.sync` and `.sync:2`: a child execution ends with its parent."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)

from local.role_sessions import RoleSessions
from local.workflows.aborting import EndsWithExecution, Watch


def nested_execution_class(sessions: RoleSessions) -> type[Any]:
    """The task class for one cloud."""

    class NestedExecution(EndsWithExecution, StateTaskServiceSfn):  # type: ignore[misc]
        def _build_sync_resolver(self, env: Any, *arguments: Any, **named: Any) -> Watch:
            return self._watch(env, super()._build_sync_resolver, *arguments, **named)

        def _build_sync2_resolver(self, env: Any, *arguments: Any, **named: Any) -> Watch:
            return self._watch(env, super()._build_sync2_resolver, *arguments, **named)

        def _watch(self, env: Any, build: Callable[..., Any], *arguments: Any, **named: Any) -> Watch:
            arn = env.stack[-1]["ExecutionArn"]
            client = sessions.client("stepfunctions", named["state_credentials"].role_arn, "StepFunctions")
            return ExecutionWatch(build(env, *arguments, **named), client, arn)

    return NestedExecution


class ExecutionWatch(Watch):
    """Waits for a child execution as moto does, and can stop it."""

    def __init__(self, resolve: Callable[[], Any], client: Any, execution_arn: str) -> None:
        self._resolve, self._client, self._arn = resolve, client, execution_arn

    def __call__(self) -> Any:
        """The child's description once it has succeeded."""
        return self._resolve()

    def cancel(self) -> None:
        """Stops the child."""
        self._client.stop_execution(executionArn=self._arn)
