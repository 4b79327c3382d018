"""`evergreen approve` and `evergreen reject`: a person's word on a challenger that won."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from evergreen.approval import ApprovalRefused, Decision, check_decidable
from evergreen.cli.caller import caller
from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.reason import reason_of
from evergreen.errors import UserMustAct
from evergreen.runs import dataset_of

RunId = Annotated[str, typer.Argument(help="The run that waits, as `evergreen runs` lists it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the champion's history.")]


def approve(run_id: RunId, reason: Reason) -> None:
    """Let the challenger of a run that waits for approval become champion.

    Example: `evergreen approve next-purchase-00002-3f2a9c81 --reason "better in every country"`
    """
    decide(Deployment.find(), run_id, approved=True, reason=reason)


def reject(run_id: RunId, reason: Reason) -> None:
    """Keep the champion; the challenger of a run that waits for approval is not promoted.

    Example: `evergreen reject next-purchase-00002-3f2a9c81 --reason "the test shop is in the data"`
    """
    decide(Deployment.find(), run_id, approved=False, reason=reason)


def decide(deployment: Deployment, run_id: str, *, approved: bool, reason: str) -> None:
    """Pin the decision, then tell the run: a command that dies in between is healed by the same one again.

    Raises ApprovalRefused when the run cannot take it (any more).
    """
    why, now = reason_of(reason), datetime.now(UTC)
    approval = check_decidable(run_id, _record(deployment, run_id), approved, now)
    own = Decision(approved=approved, by=caller(), reason=why, at=now.isoformat())
    decision = deployment.approvals.decide(run_id, own)
    if decision.by is None:
        raise ApprovalRefused(f"too late. {decision.sentence}")
    if decision.approved != approved:
        raise ApprovalRefused(f"somebody was faster. {decision.sentence}")
    if not deployment.workflows.answer(approval.request.token, decision.model_dump()):
        raise ApprovalRefused(_not_heard(deployment, run_id))
    again = "" if decision == own else " (decided before; the run was told again)"
    console.print(f"{run_id}: {decision.sentence}{again}", markup=False)
    console.print(f"It goes on; see: evergreen runs {dataset_of(run_id)} --watch", markup=False)


def _record(deployment: Deployment, run_id: str) -> dict[str, object]:
    try:
        dataset = deployment.check(dataset_of(run_id))
    except ValueError as error:
        raise UserMustAct(str(error)) from error
    record = deployment.runs.get(run_id)
    if record is None:
        raise UserMustAct(f"no run {run_id}; see: evergreen runs {dataset}")
    return record


def _not_heard(deployment: Deployment, run_id: str) -> str:
    """Why the run did not hear the decision."""
    record = deployment.runs.get(run_id) or {}
    approval = deployment.approvals.of(run_id)
    told = approval.sentence if approval else ""
    if record.get("status") == "RUNNING":
        return (
            f"{run_id} has stopped waiting: it heard a decision before, its time was up, or its execution is gone. "
            f"On record: {told}"
        )
    return f"{run_id} has ended as {record.get('status')}. On record: {told}"
