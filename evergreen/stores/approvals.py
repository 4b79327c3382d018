"""The approvals that runs wait for: asked once, decided once, whoever comes first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from evergreen.approval import Approval, ApprovalRequest, Decision, approval_of, no_answer
from evergreen.stores.faults import code_of, store_faults
from evergreen.stores.items import set_arguments
from evergreen.stores.runs import RunRecords, run_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Approvals:
    """`approval`, `decision` and `decided_too_late` of each run's record."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._runs = RunRecords(table)

    def ask(self, run_id: str, request: ApprovalRequest) -> None:
        """Write down what the run waits for; of two attempts the later one's token counts."""
        self._runs.note(run_id, approval=request.model_dump())

    def of(self, run_id: str) -> Approval | None:
        """What the run's record says; None when it never asked."""
        return approval_of(self._runs.get(run_id) or {})

    def decide(self, run_id: str, decision: Decision) -> Decision:
        """Pin the decision, unless there is one: answers the one that counts."""
        undecided = Attr("approval").exists() & Attr("decision").not_exists()
        try:
            with store_faults(f"decide on {run_id}"):
                self._table.update_item(
                    Key=run_key(run_id),
                    ConditionExpression=undecided,
                    **set_arguments({"decision": decision.model_dump()}),
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            first = self.of(run_id)
            if first is None or first.decision is None:
                raise
            return first.decision
        return decision

    def close(self, run_id: str, now: datetime) -> Approval | None:
        """The run goes on with its champion: pin that nobody answered, or that an approval came too late."""
        approval = self.of(run_id)
        if approval is None:
            return None
        decision = self.decide(run_id, no_answer(approval.request, now))
        if decision.approved:
            self._runs.note(run_id, decided_too_late=True)
        return self.of(run_id)
