"""Starting runs of the `retrain` state machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from evergreen.arrivals import ExecutionEnded
from evergreen.runs import dataset_of, execution_arn
from evergreen.stores.faults import code_of, store_faults

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

NEVER_STARTED = "NEVER_STARTED"  # the status of a run whose starter died, and nobody came after it


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

    def ended(self, run_id: str) -> ExecutionEnded | None:
        """How the run's execution ended, NEVER_STARTED included; None while it lasts."""
        arn = execution_arn(self._state_machine_arn, run_id)
        try:
            with store_faults(f"describe {run_id}"):
                found = self._client.describe_execution(executionArn=arn)
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            return ExecutionEnded(dataset=dataset_of(run_id), run_id=run_id, status=NEVER_STARTED)
        if found["status"] == "RUNNING":
            return None
        return ExecutionEnded(
            dataset=dataset_of(run_id),
            run_id=run_id,
            status=found["status"],
            error=found.get("error"),
            cause=found.get("cause"),
        )
