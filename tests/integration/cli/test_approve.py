"""`evergreen approve` and `evergreen reject`: the first word counts, and nobody is left wondering."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from evergreen.approval import request_until
from evergreen.cli import approve as command
from evergreen.stores.workflows import Workflows
from tests.integration.cli.conftest import Desk
from tests.integration.functions.world import DATASET


class Task:
    """A task that waits for a token, as Step Functions answers for it."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.open = True

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        assert taskToken == "token"
        if not self.open:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "gone"}}, "SendTaskSuccess")
        self.open = False
        self.heard.append(json.loads(output))


@pytest.fixture
def task(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Task:
    waiting = Task()
    machine = desk.deployment.state_machine_arn
    monkeypatch.setattr(type(desk.deployment), "workflows", Workflows(waiting, machine))  # type: ignore[arg-type]
    return waiting


@pytest.fixture
def run_id(desk: Desk, task: Task) -> str:
    run_id = desk.take().run_id
    desk.deployment.runs.note(run_id, verdict={"outcome": "PROMOTE", "promote": True, "reasons": ["better"]})
    desk.deployment.approvals.ask(run_id, request_until("token", 3600, datetime.now(UTC)))
    return run_id


@pytest.mark.parametrize(("verb", "approved"), [("approve", True), ("reject", False)])
def test_the_run_hears_who_decided_what_and_why(desk: Desk, task: Task, run_id: str, verb: str, approved: bool) -> None:
    told = desk.said(verb, run_id, "--reason", "because")
    (heard,) = task.heard
    assert (heard["approved"], heard["reason"]) == (approved, "because")
    assert heard["by"].startswith("arn:aws:")
    assert heard["by"] in told
    found = desk.deployment.approvals.of(run_id)
    assert found
    assert found.decision
    assert found.decision.model_dump() == heard


def test_a_run_that_waits_says_so_letter_by_letter_and_until_when(desk: Desk, run_id: str) -> None:
    told = desk.said("run", run_id)
    assert "AWAITING_APPROVAL" in told
    assert "RUNNING" not in told
    assert "Verdict: PROMOTE.\nbetter" in told
    assert "waits for approve or reject until" in desk.said("runs", DATASET)


def test_a_rejected_challenger_is_not_listed_as_if_it_had_been_promoted(desk: Desk, task: Task, run_id: str) -> None:
    desk.said("reject", run_id, "--reason", "a test shop " * 50)
    desk.deployment.runs.note(run_id, status="SUCCEEDED", started_at="2026-03-02T08:00:00+00:00")
    told = desk.said("runs", DATASET)
    assert "PROMOTE, rejected" in told
    assert "2026-03-02 08:00:00" in told
    assert "a test shop" in told


def test_a_reason_is_asked_for(desk: Desk, task: Task, run_id: str) -> None:
    assert desk.evergreen("approve", run_id).exit_code == 2
    assert "say why" in desk.refused("reject", run_id, "--reason", " ")
    assert task.heard == []


def test_the_contrary_decision_is_told_who_was_first(desk: Desk, task: Task, run_id: str) -> None:
    desk.said("reject", run_id, "--reason", "a test shop")
    assert "Rejected by arn:aws" in desk.refused("approve", run_id, "--reason", "never mind")
    assert len(task.heard) == 1


def test_the_same_decision_twice_says_that_the_run_heard_it_before(desk: Desk, task: Task, run_id: str) -> None:
    desk.said("approve", run_id, "--reason", "first")
    told = desk.refused("approve", run_id, "--reason", "second")
    assert "heard a decision before" in told
    assert "first" in told


def test_a_decision_whose_sender_died_is_sent_by_the_same_command_again(
    desk: Desk, task: Task, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Workflows, "answer", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert desk.evergreen("approve", run_id, "--reason", "first").exit_code != 0
    assert task.heard == []
    assert "Approved by" in desk.refused("reject", run_id, "--reason", "no"), "it is pinned"
    assert "the run was told again" in desk.said("approve", run_id, "--reason", "second")
    assert [each["reason"] for each in task.heard] == ["first"]


def test_a_decision_that_comes_after_the_time_is_told_so(desk: Desk, task: Task, run_id: str) -> None:
    desk.deployment.approvals.ask(run_id, request_until("token", 0, datetime.now(UTC)))
    time.sleep(0.01)
    assert "stopped waiting" in desk.refused("approve", run_id, "--reason", "yes")
    desk.deployment.approvals.close(run_id, datetime.now(UTC))
    assert "Nobody approved" in desk.refused("approve", run_id, "--reason", "yes")


def test_a_decision_at_the_very_end_that_the_run_misses_is_told_so(desk: Desk, task: Task, run_id: str) -> None:
    task.open = False
    assert "stopped waiting" in desk.refused("approve", run_id, "--reason", "yes")
    closed = desk.deployment.approvals.close(run_id, datetime.now(UTC))
    assert closed
    assert closed.too_late


def test_somebody_elses_word_between_look_and_write_counts(
    desk: Desk, task: Task, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = command.check_decidable

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(command, "check_decidable", check)
        approval = check(*given)
        desk.said("reject", run_id, "--reason", "faster")
        return approval

    monkeypatch.setattr(command, "check_decidable", meanwhile)
    assert "somebody was faster. Rejected by" in desk.refused("approve", run_id, "--reason", "slower")
    assert [each["approved"] for each in task.heard] == [False]


def test_a_run_that_does_not_wait_or_does_not_exist_is_told_so(desk: Desk, task: Task) -> None:
    run_id = desk.take().run_id
    assert "does not wait for approval" in desk.refused("approve", run_id, "--reason", "yes")
    assert "no run next-purchase-00099-aaaaaaaa" in desk.refused(
        "approve", "next-purchase-00099-aaaaaaaa", "--reason", "yes"
    )
    assert "is not a run id" in desk.refused("approve", "latest", "--reason", "yes")
    assert task.heard == []


def test_runs_show_what_waits_for_approval(desk: Desk, run_id: str) -> None:
    assert "AWAITING_APPROVAL" in desk.said("runs", DATASET)
    (listed,) = json.loads(desk.said("runs", DATASET, "-o", "json"))
    assert listed["status"] == "AWAITING_APPROVAL"
    desk.said("approve", run_id, "--reason", "yes")
    assert "AWAITING_APPROVAL" not in desk.said("runs", DATASET)
