from datetime import timedelta

import boto3
import pytest

from evergreen.approval import Decision, request_until
from evergreen.errors import StoreUnavailable
from evergreen.stores.approvals import Approvals
from evergreen.stores.runs import RunRecords
from tests.integration.stores.aws import NOW, Account, answers, interrupt

RUN = "next-purchase-00007-3f2a9c81"
REQUEST = request_until("token", 3600, NOW)


@pytest.fixture
def approvals(aws: Account) -> Approvals:
    RunRecords(aws.registry).create(RUN, status="RUNNING")
    return Approvals(aws.registry)


def word(approved: bool, by: str = "ann") -> Decision:
    return Decision(approved=approved, by=by, reason="because", at=NOW.isoformat())


def test_a_run_that_never_asked_waits_for_nothing_and_takes_no_decision(approvals: Approvals) -> None:
    assert approvals.of(RUN) is None
    assert approvals.close(RUN, NOW) is None
    with pytest.raises(Exception, match="ConditionalCheckFailed"):
        approvals.decide(RUN, word(True))


def test_what_is_asked_is_on_record_and_the_later_attempts_token_counts(approvals: Approvals) -> None:
    approvals.ask(RUN, REQUEST)
    approvals.ask(RUN, request_until("second token", 3600, NOW))
    found = approvals.of(RUN)
    assert found
    assert (found.request.token, found.decision) == ("second token", None)


@pytest.mark.parametrize("first", [True, False])
def test_the_first_decision_counts(approvals: Approvals, first: bool) -> None:
    approvals.ask(RUN, REQUEST)
    assert approvals.decide(RUN, word(first)) == word(first)
    assert approvals.decide(RUN, word(not first, by="bob")) == word(first)
    found = approvals.of(RUN)
    assert found
    assert (found.decision, found.granted) == (word(first), first)


def test_of_two_decisions_at_once_one_counts_and_both_learn_which(aws: Account, approvals: Approvals) -> None:
    approvals.ask(RUN, REQUEST)
    other = Approvals(boto3.resource("dynamodb").Table("registry"))
    interrupt(aws.registry.meta.client, "UpdateItem", lambda: other.decide(RUN, word(False, by="bob")))
    assert approvals.decide(RUN, word(True)) == word(False, by="bob")


def test_silence_is_on_record_and_no_later_approval_changes_it(approvals: Approvals) -> None:
    approvals.ask(RUN, REQUEST)
    closed = approvals.close(RUN, NOW + timedelta(hours=1))
    assert closed
    assert closed.sentence == "Nobody approved within 1 hour."
    assert approvals.decide(RUN, word(True)).by is None
    assert approvals.close(RUN, NOW + timedelta(hours=2)) == closed


def test_a_rejection_stays_a_rejection_when_the_run_goes_on(approvals: Approvals) -> None:
    approvals.ask(RUN, REQUEST)
    approvals.decide(RUN, word(False))
    closed = approvals.close(RUN, NOW)
    assert closed
    assert closed.sentence == "Rejected by ann: because"


def test_an_approval_that_the_run_no_longer_heard_is_noted_as_too_late(approvals: Approvals) -> None:
    approvals.ask(RUN, REQUEST)
    approvals.decide(RUN, word(True))
    closed = approvals.close(RUN, NOW + timedelta(hours=1))
    assert closed
    assert not closed.granted
    assert "too late" in closed.sentence


def test_a_throttled_decision_is_worth_another_try(aws: Account, approvals: Approvals) -> None:
    approvals.ask(RUN, REQUEST)
    answers(aws.registry.meta.client, "UpdateItem", code="ThrottlingException")
    with pytest.raises(StoreUnavailable, match=f"decide on {RUN}"):
        approvals.decide(RUN, word(True))
    assert approvals.decide(RUN, word(True)) == word(True)
