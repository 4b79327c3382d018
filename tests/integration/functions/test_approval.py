"""From a winning verdict to a person's word, and what the workflow's states make of it."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.approval import Decision, NotApproved, NotWon
from evergreen.contract import Contract
from evergreen.evaluation import Comparison, Evaluation
from evergreen.layout import RunLayout
from evergreen.stores.approvals import Approvals
from evergreen.stores.outbox import Follower, Outbox
from evergreen.verdict import Outcome, Verdict
from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, answers

Function = Callable[[str], Handler]
WHO = "arn:aws:iam::123456789012:user/ann"
REPORT = f"s3://{BUCKET}/report.html"


@pytest.fixture
def run(world: World) -> dict[str, str]:
    """A run whose challenger has won."""
    run_id, _ = world.run("incoming/next_purchase/a.csv")
    world.pinning.pin(DATASET, run_id, 1)
    world.runs.note(run_id, verdict={"outcome": "FIRST", "promote": True, "reasons": ["mae 18.9 against 26."]})
    beats = Comparison(
        against="baseline", improvement=7.0, relative=0.27, low=6.0, high=8.0, confidence=0.95, resamples=2000
    )
    evaluation = Evaluation(
        task="time_to_event",
        metric="mae",
        rows=900,
        judged_rows=600,
        challenger={"mae": 18.9},
        baseline={"mae": 26.0},
        against_baseline=beats,
    )
    layout, verdict = RunLayout(DATASET, run_id), Verdict(outcome=Outcome.FIRST, promote=True, reasons=("better",))
    world.files.write(layout.evaluation_file, evaluation)
    world.files.write(layout.verdict, verdict)
    return {"dataset": DATASET, "run_id": run_id}


def asked(run: dict[str, str], token: str = "token") -> dict[str, Any]:
    return {**run, "token": token, "seconds": 24 * 3600, "report": REPORT}


def promotion(run: dict[str, str]) -> dict[str, Any]:
    uri = f"s3://{BUCKET}/{RunLayout(**run).models}/x/output/model.tar.gz"
    return {**run, "fence": 1, "model_uri": uri, "reasons": ["better"]}


def decide(world: World, run: dict[str, str], *, approved: bool) -> Decision:
    word = Decision(approved=approved, by=WHO, reason="because", at=datetime.now(UTC).isoformat())
    return Approvals(world.aws.registry).decide(run["run_id"], word)


def test_people_are_asked_once_and_the_token_is_kept(world: World, function: Function, run: dict[str, str]) -> None:
    await_approval = function("await_approval")
    await_approval(asked(run))
    await_approval(asked(run, "token of another attempt"))
    found = Approvals(world.aws.registry).of(run["run_id"])
    assert found
    assert found.request.token == "token of another attempt"
    (notice,) = world.aws.notices()
    assert notice["notification_id"] == f"{run['run_id']}-approval"
    for told in ("mae 18.9 against 26.", REPORT, f"evergreen approve {run['run_id']}", "evergreen reject"):
        assert told in notice["body"]


def test_a_question_that_could_not_be_asked_is_asked_at_the_next_attempt(
    world: World, function: Function, run: dict[str, str]
) -> None:
    await_approval = function("await_approval")
    client = sys.modules["functions.await_approval.handler"].notices._client
    answers(client, "Publish", code="Throttling")
    with pytest.raises(Exception, match="send a notice"):
        await_approval(asked(run))
    await_approval(asked(run, "second"))
    assert len(world.aws.notices()) == 1


def test_an_approved_challenger_is_champion_and_its_history_says_who_approved_it_why(
    world: World, function: Function, run: dict[str, str]
) -> None:
    function("await_approval")(asked(run))
    decide(world, run, approved=True)
    world.runs.note(run["run_id"], model_package_arn="arn:aws:sagemaker:model-package/evergreen/1")
    function("promote_challenger")(promotion(run))
    champion = world.registry.champion(DATASET)
    assert champion
    assert (champion["by"], champion["metric"], champion["outcome"]) == (WHO, "mae", "FIRST")
    assert champion["model_package_arn"] == "arn:aws:sagemaker:model-package/evergreen/1"
    (entry,) = world.registry.history(DATASET)
    assert entry.by == WHO
    assert entry.why == ("better", f"Approved by {WHO}: because")
    assert entry.champion["model_key"] == champion["model_key"]


def test_a_promotion_leaves_word_for_those_who_follow(world: World, function: Function, run: dict[str, str]) -> None:
    function("promote_challenger")(promotion(run))
    outstanding = Outbox(world.aws.registry).open(DATASET)
    assert {(each.follower, each.run_id) for each in outstanding} == {(each, run["run_id"]) for each in Follower}


@pytest.mark.parametrize("said", [None, False])
def test_without_an_approval_on_record_nothing_that_waits_for_one_is_promoted(
    world: World, function: Function, run: dict[str, str], said: bool | None
) -> None:
    function("await_approval")(asked(run))
    if said is not None:
        decide(world, run, approved=said)
    with pytest.raises(NotApproved, match="approval"):
        function("promote_challenger")(promotion(run))
    assert world.registry.champion(DATASET) is None


def test_a_verdict_that_promotes_nothing_promotes_nothing_whoever_calls(
    world: World, function: Function, run: dict[str, str]
) -> None:
    world.runs.note(run["run_id"], verdict={"outcome": "KEEP", "promote": False, "reasons": ["worse"]})
    with pytest.raises(NotWon, match="KEEP"):
        function("promote_challenger")(promotion(run))
    assert world.registry.champion(DATASET) is None


def test_where_the_contract_asks_for_approval_nothing_is_promoted_that_nobody_was_asked_about(
    world: World, function: Function, run: dict[str, str]
) -> None:
    key = RunLayout(DATASET, run["run_id"]).contract_file("dataset.json")
    contract = world.files.read(key, Contract)
    asking = contract.model_copy(update={"gate": contract.gate.model_copy(update={"approval": "manual"})})
    world.files.write(key, asking.model_dump_json(by_alias=True, exclude_none=True).encode())
    with pytest.raises(NotApproved, match="nobody was asked"):
        function("promote_challenger")(promotion(run))
    assert world.registry.champion(DATASET) is None


def test_a_rejected_challenger_is_told_with_who_and_why(world: World, function: Function, run: dict[str, str]) -> None:
    function("await_approval")(asked(run))
    decide(world, run, approved=False)
    answer = function("keep_champion")(run)
    assert answer["reason"].startswith(f"Rejected by {WHO}: because")


def test_when_nobody_answered_that_is_what_is_told_and_kept(
    world: World, function: Function, run: dict[str, str]
) -> None:
    function("await_approval")(asked(run))
    keep = function("keep_champion")
    assert keep(run)["reason"].startswith("Nobody approved within 24 hours.")
    assert keep(run) == keep(run)
    assert decide(world, run, approved=True).by is None, "too late"


def test_an_approval_that_the_run_did_not_hear_any_more_promotes_nothing_later(
    world: World, function: Function, run: dict[str, str]
) -> None:
    function("await_approval")(asked(run))
    decide(world, run, approved=True)
    assert "too late" in function("keep_champion")(run)["reason"]
    with pytest.raises(NotApproved):
        function("promote_challenger")(promotion(run))
