"""Approval: a person's word on a challenger that won the gate. The first word counts; silence keeps the champion."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from evergreen.errors import EvergreenError, UserMustAct
from evergreen.gate import Gate
from evergreen.runs import dataset_of
from evergreen.strict import Strict

AWAITING_APPROVAL = "AWAITING_APPROVAL"


class ApprovalRequest(Strict):
    """What a run waits for, and until when; `token` is what Step Functions wants to hear the answer under."""

    token: str
    asked_at: str  # ISO 8601, UTC
    expires_at: int  # epoch seconds
    hours: float

    @property
    def until(self) -> str:
        """When it stops waiting, to the minute."""
        return _minute(datetime.fromtimestamp(self.expires_at, UTC).isoformat())


class Decision(Strict):
    """What was decided, by whom and why; nobody decided when the time ran out."""

    approved: bool
    reason: str
    at: str  # ISO 8601, UTC
    by: str | None = None  # the caller's ARN

    @property
    def sentence(self) -> str:
        """The decision in words."""
        if self.by is None:
            return f"{self.reason}."
        return f"{'Approved' if self.approved else 'Rejected'} by {self.by}: {self.reason}"


class Approval(Strict):
    """What a run's record says of its approval."""

    request: ApprovalRequest
    decision: Decision | None = None
    too_late: bool = False  # the run had stopped waiting when the decision came

    @property
    def granted(self) -> bool:
        return self.decision is not None and self.decision.approved and not self.too_late

    @property
    def sentence(self) -> str:
        """How the waiting ended, in words."""
        if self.decision is None:
            return "Nobody has decided yet."
        late = " That came too late: the run had stopped waiting." if self.too_late else ""
        return self.decision.sentence + late

    @property
    def word(self) -> str:
        """How it ended in one word, or two, to stand beside a verdict; empty while it waits."""
        if self.granted:
            return "approved"
        if self.decision is None:
            return ""
        return "not approved" if self.decision.by is None or self.too_late else "rejected"

    @property
    def headline(self) -> str:
        """Why the challenger did not become champion, in a few words."""
        if self.decision is None or self.decision.by is None or self.too_late:
            return "nobody approved the challenger in time"
        return "the challenger was rejected"


class ApprovalRefused(UserMustAct):
    """A decision that a run cannot take (any more); the message says why."""


class NotWon(EvergreenError):
    """A challenger whose verdict does not make it champion, so it is not promoted."""


class NotApproved(EvergreenError):
    """A challenger that needs a person's approval has none on record, so it is not promoted."""


def approval_of(record: Mapping[str, Any]) -> Approval | None:
    """The approval that a run record tells of; None when the run never asked for one."""
    if "approval" not in record:
        return None
    return Approval(
        request=ApprovalRequest.model_validate(record["approval"]),
        decision=Decision.model_validate(record["decision"]) if "decision" in record else None,
        too_late=record.get("decided_too_late", False),
    )


def granted(record: Mapping[str, Any], gate: Gate) -> Decision | None:
    """The approval that a promotion rests on; None when the gate asks for none. Raises NotWon, NotApproved.

    Whoever calls, and whatever they say: only what is on record counts.
    """
    verdict = record.get("verdict", {})
    if not verdict.get("promote"):
        raise NotWon(f"the verdict on record is {verdict.get('outcome', 'none')}, which promotes nothing")
    approval = approval_of(record)
    if approval is None:
        if gate.approval == "manual":
            raise NotApproved("the contract asks for a person's approval, and nobody was asked for it")
        return None
    if not approval.granted:
        raise NotApproved(f"the run waits for a person's approval, and none is on record. {approval.sentence}")
    return approval.decision


def status_of(record: Mapping[str, Any]) -> str:
    """The run's status as people are told it."""
    waits = record.get("status") == "RUNNING" and "approval" in record and "decision" not in record
    return AWAITING_APPROVAL if waits else str(record.get("status", "unknown"))


def decided(record: Mapping[str, Any]) -> str:
    """What people made of the verdict: without it a PROMOTE would look as if its challenger had become champion."""
    approval = approval_of(record)
    return approval.word if approval else ""


def why(record: Mapping[str, Any]) -> str:
    """Why a run stands where it does, the last word first: a fault, a person's decision, what it waits for."""
    fault = record.get("reason") or record.get("error")
    approval = approval_of(record)
    if fault or approval is None:
        return str(fault or next(iter(record.get("verdict", {}).get("reasons", ())), ""))
    if approval.decision is None and record.get("status") == "RUNNING":
        return f"waits for approve or reject until {approval.request.until}"
    return approval.sentence


def check_decidable(run_id: str, record: Mapping[str, Any], approved: bool, now: datetime) -> Approval:
    """The approval that the run waits for, undecided or decided the same way. Raises ApprovalRefused for any other."""
    approval = approval_of(record)
    if approval is None:
        raise ApprovalRefused(f"{run_id} does not wait for approval{_why_not(record)}")
    decision = approval.decision
    if decision and decision.by is None:
        raise ApprovalRefused(f"too late: {decision.reason}; the run went on without at {_minute(decision.at)}")
    if decision and decision.approved != approved:
        raise ApprovalRefused(f"{run_id} is decided already. {decision.sentence} ({_minute(decision.at)})")
    if decision and record.get("status") != "RUNNING":
        raise ApprovalRefused(f"{run_id} has ended, and was decided before. {approval.sentence}")
    if decision is None and record.get("status") != "RUNNING":
        raise ApprovalRefused(f"too late: {run_id} has ended as {record.get('status')} without an approval")
    if decision is None and now.timestamp() >= approval.request.expires_at:
        raise ApprovalRefused(f"too late: {run_id} stopped waiting at {approval.request.until}; the champion stays")
    return approval


def no_answer(approval: ApprovalRequest, now: datetime) -> Decision:
    """What counts as decided when nobody decided."""
    return Decision(approved=False, reason=f"Nobody approved within {_hours(approval.hours)}", at=now.isoformat())


def request_until(token: str, seconds: int, now: datetime) -> ApprovalRequest:
    """A request that waits so many seconds from now."""
    until = int((now + timedelta(seconds=seconds)).timestamp())
    return ApprovalRequest(token=token, asked_at=now.isoformat(), expires_at=until, hours=round(seconds / 3600, 4))


def how_to_decide(run_id: str) -> list[str]:
    """The two commands, one a line."""
    verbs: tuple[Literal["approve"], Literal["reject"]] = ("approve", "reject")
    return [f'evergreen {verb} {run_id} --reason "…"' for verb in verbs]


def approval_notice(run_id: str, verdict: Mapping[str, Any], report: str, request: ApprovalRequest) -> tuple[str, str]:
    """Subject and body that ask people for their word."""
    dataset = dataset_of(run_id)
    lines = [
        f"{dataset}: the challenger of {run_id} won ({verdict.get('outcome', 'unknown')}) and waits for approval.",
        *(str(reason) for reason in verdict.get("reasons", ())),
        f"The model report: {report}",
        f"Open it: evergreen report {run_id}",
        "Decide:",
        *(f"  {command}" for command in how_to_decide(run_id)),
        f"Without an answer until {request.until}, the champion stays as it is. "
        "Files dropped meanwhile wait for the next run.",
    ]
    return f"{dataset}: a challenger waits for your approval", "\n".join(lines)


def _why_not(record: Mapping[str, Any]) -> str:
    outcome = record.get("verdict", {}).get("outcome")
    if outcome and not record["verdict"].get("promote"):
        return f": its verdict is {outcome}, so the champion stays anyhow"
    if record.get("status") == "RUNNING":
        return " yet; see: evergreen runs" if outcome is None else ": its contract asks for none (gate.approval)"
    return f": it has ended as {record.get('status')}"


def _hours(hours: float) -> str:
    return "1 hour" if hours == 1 else f"{hours:g} hours" if hours >= 1 else f"{hours * 3600:g} seconds"


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"
