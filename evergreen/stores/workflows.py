"""Starting runs of the `retrain` state machine, and answering those that wait."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from evergreen.arrivals import ExecutionEnded
from evergreen.runs import dataset_of, execution_arn
from evergreen.stores.faults import code_of, store_faults

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


class Workflows:
    """One state machine."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, run_id: str, **given: str | int) -> bool:
        """Start the execution named after the run, or find it running; False when it has ended already."""
        try:
            with store_faults(f"start {run_id}"):
                self._client.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=run_id,
                    input=json.dumps({"run_id": run_id, **given}, sort_keys=True),
                )
        except ClientError as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise
            return False
        return True

    def was_started(self, run_id: str) -> bool:
        """Whether the run has an execution; none when its starter died and nobody came after it."""
        try:
            self._describe(run_id)
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            return False
        return True

    def ended(self, run_id: str) -> ExecutionEnded | None:
        """How the run's execution ended; None while it lasts."""
        found = self._describe(run_id)
        if found["status"] == "RUNNING":
            return None
        return ExecutionEnded(
            dataset=dataset_of(run_id),
            run_id=run_id,
            status=found["status"],
            error=found.get("error"),
            cause=found.get("cause"),
        )

    def arn(self, run_id: str) -> str:
        """The execution of a run."""
        return execution_arn(self._state_machine_arn, run_id)

    def _describe(self, run_id: str) -> DescribeExecutionOutputTypeDef:
        arn = execution_arn(self._state_machine_arn, run_id)
        with store_faults(f"describe {run_id}"):
            return self._client.describe_execution(executionArn=arn)

    def answer(self, token: str, output: Mapping[str, Any]) -> bool:
        """Tell a task that waits under this token; False when it waits no more."""
        try:
            with store_faults("answer a waiting task"):
                self._client.send_task_success(taskToken=token, output=json.dumps(output))
        except ClientError as error:
            if code_of(error) not in ("InvalidToken", "TaskDoesNotExist", "TaskTimedOut"):
                raise
            return False
        return True
