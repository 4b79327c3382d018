"""What a person's decision may still do, and what they are told when it may not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evergreen.approval import (
    ApprovalRefused,
    Decision,
    NotApproved,
    NotWon,
    approval_notice,
    approval_of,
    check_decidable,
    decided,
    granted,
    no_answer,
    request_until,
    status_of,
    why,
)
from evergreen.gate import Gate
from evergreen.notices import verdict_notice
from evergreen.verdict import Outcome, Verdict

RUN = "next-purchase-00007-3f2a9c81"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
REQUEST = request_until("token", 24 * 3600, NOW)
WHO = "arn:aws:iam::123456789012:user/ann"
YES = Decision(approved=True, by=WHO, reason="better in every country", at="2026-03-02T09:00:00+00:00")
NO = Decision(approved=False, by=WHO, reason="a test shop is in it", at="2026-03-02T09:00:00+00:00")
SILENCE = no_answer(REQUEST, NOW + timedelta(hours=24))
MANUAL = Gate(approval="manual")
WON = {"outcome": "PROMOTE", "promote": True, "reasons": ["mae 18.9 against 19.7."]}


def test_a_verdict_stands_beside_what_people_made_of_it() -> None:
    assert [
        decided(each) for each in (record(YES), record(NO), record(SILENCE), record(YES, decided_too_late=True))
    ] == [
        "approved",
        "rejected",
        "not approved",
        "not approved",
    ]
    assert decided(record()) == decided({"status": "SUCCEEDED", "verdict": WON}) == ""


def test_the_list_of_runs_says_the_last_word_on_each() -> None:
    assert why(record(NO, status="SUCCEEDED")) == f"Rejected by {WHO}: a test shop is in it"
    assert why(record()) == "waits for approve or reject until 2026-03-03 08:00 UTC"
    assert why({"status": "SUCCEEDED", "verdict": WON}) == "mae 18.9 against 19.7."
    assert why(record(error="broken", status="FAILED")) == "broken"
    assert why({"status": "RUNNING"}) == ""


def record(decision: Decision | None = None, status: str = "RUNNING", **more: Any) -> dict[str, Any]:
    decided = {"decision": decision.model_dump()} if decision else {}
    return {"status": status, "verdict": WON, "approval": REQUEST.model_dump(), **decided, **more}


def refusal(of: dict[str, Any], approved: bool = True, hours: float = 1) -> str:
    with pytest.raises(ApprovalRefused) as refused:
        check_decidable(RUN, of, approved, NOW + timedelta(hours=hours))
    return str(refused.value)


@pytest.mark.parametrize("approved", [True, False])
def test_a_run_that_waits_takes_either_decision(approved: bool) -> None:
    assert check_decidable(RUN, record(), approved, NOW).request == REQUEST


@pytest.mark.parametrize("decision", [YES, NO])
def test_the_same_decision_again_may_be_sent_again_while_the_run_goes_on(decision: Decision) -> None:
    assert check_decidable(RUN, record(decision), decision.approved, NOW).decision == decision


@pytest.mark.parametrize(("decision", "said"), [(YES, "Approved"), (NO, "Rejected")])
def test_the_contrary_decision_is_told_who_decided_what_why_and_when(decision: Decision, said: str) -> None:
    told = refusal(record(decision), approved=not decision.approved)
    assert f"{said} by {WHO}: {decision.reason}" in told
    assert "2026-03-02 09:00 UTC" in told


def test_a_late_decision_is_told_that_nobody_had_answered() -> None:
    assert "Nobody approved within 24 hours" in refusal(record(SILENCE))
    assert "stopped waiting at 2026-03-03 08:00 UTC" in refusal(record(), hours=24)


def test_a_decision_on_a_run_that_has_ended_says_how_it_ended() -> None:
    assert "has ended as FAILED" in refusal(record(status="FAILED"))
    assert f"Approved by {WHO}" in refusal(record(YES, status="SUCCEEDED"))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"status": "RUNNING"}, "does not wait for approval yet"),
        ({"status": "RUNNING", "verdict": WON}, "its contract asks for none"),
        ({"status": "SUCCEEDED", "verdict": {"outcome": "KEEP", "promote": False}}, "its verdict is KEEP"),
        ({"status": "FAILED"}, "it has ended as FAILED"),
    ],
)
def test_a_run_that_waits_for_no_approval_says_why(facts: dict[str, Any], told: str) -> None:
    assert told in refusal(facts)


def test_only_an_approval_on_record_and_in_time_lets_a_challenger_be_promoted() -> None:
    assert granted({"status": "RUNNING", "verdict": WON}, Gate()) is None, "the contract asked for none"
    assert granted(record(YES), MANUAL) == YES
    for denied in (
        {"verdict": WON},
        record(),
        record(NO),
        record(SILENCE),
        record(YES, decided_too_late=True),
    ):
        with pytest.raises(NotApproved, match="approval"):
            granted(denied, MANUAL)


@pytest.mark.parametrize("verdict", [{}, {"outcome": "KEEP", "promote": False}])
def test_an_approval_does_not_make_up_for_a_verdict(verdict: dict[str, Any]) -> None:
    with pytest.raises(NotWon, match=verdict.get("outcome", "none")):
        granted(record(YES) | {"verdict": verdict}, MANUAL)


def test_a_run_is_seen_to_wait_until_it_is_decided_or_over() -> None:
    assert status_of(record()) == "AWAITING_APPROVAL"
    assert status_of(record(YES)) == "RUNNING"
    assert status_of(record(status="FAILED")) == "FAILED"
    assert status_of({"status": "RUNNING"}) == "RUNNING"


def test_people_are_asked_with_the_verdict_the_report_both_commands_and_the_end() -> None:
    subject, body = approval_notice(RUN, WON, "s3://b/report.html", REQUEST)
    assert "waits for your approval" in subject
    for told in (
        "mae 18.9 against 19.7.",
        "s3://b/report.html",
        f"evergreen report {RUN}",
        f"evergreen approve {RUN} --reason",
        f"evergreen reject {RUN} --reason",
        "until 2026-03-03 08:00 UTC, the champion stays",
    ):
        assert told in body


@pytest.mark.parametrize(
    ("decision", "late", "headline", "sentence"),
    [
        (NO, False, "champion kept, the challenger was rejected", f"Rejected by {WHO}: a test shop is in it"),
        (SILENCE, False, "champion kept, nobody approved the challenger in time", "Nobody approved within 24 hours."),
        (YES, True, "champion kept, nobody approved the challenger in time", "That came too late"),
        (YES, False, "new champion", f"Approved by {WHO}: better in every country"),
    ],
)
def test_the_notice_at_the_end_says_who_decided_or_that_nobody_did(
    decision: Decision, late: bool, headline: str, sentence: str
) -> None:
    won = Verdict(outcome=Outcome.PROMOTE, promote=True, reasons=("better",))
    approval = approval_of(record(decision, decided_too_late=late))
    subject, body = verdict_notice(RUN, won, None, [], had_champion=True, approval=approval)
    assert subject == f"next_purchase: {headline}"
    assert sentence in body


def test_where_there_was_no_champion_a_rejected_challenger_leaves_none() -> None:
    won = Verdict(outcome=Outcome.FIRST, promote=True, reasons=("better",))
    subject, _ = verdict_notice(RUN, won, None, [], had_champion=False, approval=approval_of(record(NO)))
    assert subject == "next_purchase: still no champion, the challenger was rejected"
