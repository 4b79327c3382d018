"""`evergreen rollback` and `evergreen history`: what moves, what is refused, and what heals."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from evergreen.approval import request_until
from evergreen.champions import RollbackRefused
from evergreen.cli import rollback as command
from evergreen.stores import reinstatement
from evergreen.stores.outbox import Follower, Outbox
from evergreen.stores.rollbacks import Rollbacks
from tests.integration.cli.conftest import DIGEST, Desk
from tests.integration.functions.world import DATASET
from tests.integration.stores.aws import answers, interrupt

BACK = ("rollback", DATASET, "--reason", "wrong prices")


def now_in_use(desk: Desk) -> tuple[str, str]:
    champion, published = desk.deployment.registry.champion(DATASET), desk.deployment.registry.published(DATASET)
    assert champion
    assert published
    return champion["run_id"], published["generation"]


def unmoved(desk: Desk, *arguments: str) -> str:
    """A command is refused, and nothing has changed."""
    before = desk.aws.registry.scan()["Items"]
    told = desk.refused(*arguments)
    assert desk.aws.registry.scan()["Items"] == before
    return told


def test_readers_see_the_old_predictions_at_once(desk: Desk) -> None:
    first, second = desk.champion(), desk.champion()
    assert desk.read()["model"] == second
    told = desk.said(*BACK)
    assert now_in_use(desk) == (first, first)
    assert desk.read()["model"] == first
    assert f"--to {second}" in told


def test_a_newer_generation_that_the_old_champion_scored_is_the_one_that_comes_back(desk: Desk) -> None:
    first, kept, _ = desk.champion(), desk.kept(), desk.champion()
    desk.said(*BACK)
    assert now_in_use(desk) == (first, kept)


def test_people_are_told_once_with_who_why_and_how_to_undo_it(desk: Desk) -> None:
    first, second = desk.champion(), desk.champion()
    desk.said(*BACK)
    (notice,) = desk.aws.notices()
    assert notice["kind"] == "ROLLED_BACK"
    for told in ("arn:aws:", "wrong prices", first, f"--to {second}"):
        assert told in notice["body"]


def test_a_rollback_is_done_even_when_nobody_can_be_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = desk.champion(), desk.champion()
    sns = boto3.client("sns")
    answers(sns, "Publish", code="Throttling")
    client = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name, *more: sns if name == "sns" else client(name, *more))
    assert "Nobody was told" in desk.said(*BACK)
    assert now_in_use(desk) == (first, first)


def test_back_and_forth_by_name(desk: Desk) -> None:
    first, second, third = desk.champion(), desk.champion(), desk.champion()
    desk.said(*BACK, "--to", first)
    desk.said(*BACK, "--to", third)
    assert now_in_use(desk) == (third, third)
    desk.said(*BACK)
    assert now_in_use(desk) == (first, first), "the one it replaced, and not the one that was rolled past"
    assert second not in now_in_use(desk)


def test_a_run_in_progress_is_named_with_what_to_do(desk: Desk) -> None:
    desk.champion()
    desk.champion()
    lease = desk.take()
    assert "about to start" in unmoved(desk, *BACK)
    desk.deployment.workflows.start(lease.run_id, dataset=DATASET)
    told = unmoved(desk, *BACK)
    assert f"run {lease.run_id} is in progress" in told
    assert "stop-execution" in told


def test_a_clock_that_runs_ahead_does_not_take_a_running_runs_lease_for_expired(desk: Desk) -> None:
    desk.champion()
    second = desk.champion()
    lease = desk.take()
    desk.deployment.workflows.start(lease.run_id, dataset=DATASET)
    ahead = datetime.now(UTC) + timedelta(days=30)
    with pytest.raises(RollbackRefused, match="in progress"):
        command.roll_back(desk.deployment, DATASET, to=None, reason="wrong prices", by="ann", now=ahead)
    assert now_in_use(desk) == (second, second)
    assert desk.deployment.leases.held(DATASET, datetime.now(UTC)) == lease


def test_a_run_that_waits_for_approval_is_to_be_rejected_first(desk: Desk) -> None:
    desk.champion()
    desk.champion()
    lease = desk.take()
    desk.deployment.workflows.start(lease.run_id, dataset=DATASET)
    desk.deployment.approvals.ask(lease.run_id, request_until("token", 3600, datetime.now(UTC)))
    assert f"evergreen reject {lease.run_id}" in unmoved(desk, *BACK)


def test_a_run_whose_execution_is_over_does_not_stand_in_the_way(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    lease = desk.take()
    desk.deployment.workflows.start(lease.run_id, dataset=DATASET)
    boto3.client("stepfunctions").stop_execution(executionArn=desk.deployment.execution_arn(lease.run_id))
    desk.said(*BACK)
    assert now_in_use(desk) == (first, first)


def test_a_run_that_starts_while_it_is_looked_at_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.champion()
    second = desk.champion()
    move = reinstatement.Rollback

    def meanwhile(**facts: Any) -> Any:
        desk.take()
        return move(**facts)

    monkeypatch.setattr(reinstatement, "Rollback", meanwhile)
    assert "Nothing was moved" in desk.refused(*BACK)
    assert now_in_use(desk) == (second, second)


def test_a_data_set_that_nobody_knows_is_refused_with_the_nearest(desk: Desk) -> None:
    assert f"did you mean {DATASET!r}" in desk.refused("rollback", "next_purchas", "--reason", "x")


def test_without_a_champion_or_one_before_it_there_is_nothing_to_go_back_to(desk: Desk) -> None:
    assert "no champion yet" in unmoved(desk, *BACK)
    only = desk.champion()
    assert f"{only} has no champion before it" in unmoved(desk, *BACK)


def test_a_model_that_is_gone_is_refused_with_its_place(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    key = f"runs/{DATASET}/{first}/model.tar.gz"
    desk.aws.s3.delete_object(Bucket=desk.deployment.bucket, Key=key)
    assert f"s3://{desk.deployment.bucket}/{key}" in unmoved(desk, *BACK)


def test_predictions_that_are_gone_are_refused_with_their_generation(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    for entity in ("1", "2", "3"):
        desk.aws.predictions.delete_item(Key={"pk": f"{DATASET}#{entity}", "sk": first})
    assert f"generation {first} is not in predictions any more" in unmoved(desk, *BACK)


def test_a_reason_is_asked_for(desk: Desk) -> None:
    desk.champion()
    desk.champion()
    assert "say why" in unmoved(desk, "rollback", DATASET, "--reason", " ")
    assert desk.evergreen("rollback", DATASET).exit_code == 2


def test_where_nothing_tells_the_followers_it_is_said_that_they_follow_with_the_next_run(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    told = desk.said(*BACK)
    assert f"The SageMaker model registry does not show yet that {first} is champion" in told
    assert f"MLflow does not show yet that {first} is champion" in told
    assert "follows with the next run" in told


def test_the_followers_are_asked_at_once(desk: Desk, with_followers: Callable[[Any], None]) -> None:
    desk.champion()
    desk.champion()

    def tell(FunctionName: str, Payload: str) -> Any:
        assert (FunctionName, json.loads(Payload)) == ("track-run", {"dataset": DATASET})
        outbox = Outbox(desk.aws.registry)
        for each in outbox.open(DATASET):
            outbox.done(DATASET, each, datetime.now(UTC))
        return {}

    with_followers(tell)
    assert "It shows in SageMaker's model registry, too." in desk.said(*BACK)


def test_a_follower_that_cannot_be_told_is_told_of_and_does_not_undo_the_rollback(
    desk: Desk, with_followers: Callable[[Any], None]
) -> None:
    first, _ = desk.champion(), desk.champion()
    with_followers(lambda **_: {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorType": "MlflowAway"}')})
    told = desk.said(*BACK)
    assert "MlflowAway" in told
    assert now_in_use(desk) == (first, first)


def test_a_command_that_dies_after_the_transaction_is_healed_by_the_same_one_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, with_followers: Callable[[Any], None]
) -> None:
    first, _ = desk.champion(), desk.champion()
    with monkeypatch.context() as patch:
        patch.setattr(command, "_tell", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert desk.evergreen(*BACK, "--to", first).exit_code != 0
    assert now_in_use(desk) == (first, first)
    to_follow = json.loads(desk.said("history", DATASET, "-o", "json"))["to_follow"]
    assert {(each["follower"], each["run_id"]) for each in to_follow} == {(each, first) for each in Follower}
    asked = []
    with_followers(lambda **given: asked.append(given) or {})
    assert "is the champion already" in desk.said(*BACK, "--to", first)
    assert asked
    assert now_in_use(desk) == (first, first)


def test_a_throttled_rollback_says_so_and_moves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.champion()
    second = desk.champion()
    rollbacks = desk.deployment.rollbacks
    answers(rollbacks._table.meta.client, "TransactWriteItems", code="ThrottlingException")
    monkeypatch.setattr(type(desk.deployment), "rollbacks", rollbacks)
    assert "roll next_purchase back" in desk.refused(*BACK)
    assert now_in_use(desk) == (second, second)


def test_of_two_rollbacks_at_once_one_is_told_that_the_other_was_faster(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = desk.champion(), desk.champion(), desk.champion()
    rollbacks = desk.deployment.rollbacks
    monkeypatch.setattr(type(desk.deployment), "rollbacks", rollbacks)

    def faster() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(type(desk.deployment), "rollbacks", Rollbacks(desk.aws.registry))
            desk.said(*BACK, "--to", first)

    interrupt(rollbacks._table.meta.client, "TransactWriteItems", faster)
    assert "somebody else rolled back" in desk.refused(*BACK)
    assert now_in_use(desk) == (first, first)


def test_the_next_run_is_judged_against_the_champion_that_came_back(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    desk.said(*BACK)
    run_id, _ = desk.world.run("incoming/next_purchase/a.csv")
    desk.world.pinning.pin(DATASET, run_id, 4)
    manifest = json.loads(desk.aws.text(f"runs/{DATASET}/{run_id}/run.json"))
    key = f"runs/{DATASET}/{first}/model.tar.gz"
    came_back = desk.deployment.registry.champion(DATASET)
    assert came_back
    known = {"model_key": key, "model_sha256": DIGEST, "promoted_at": came_back["promoted_at"]}
    assert manifest["champion"] == {"run_id": first, **known}


def test_history_tells_every_champion_and_what_has_still_to_follow(desk: Desk) -> None:
    assert "no champion yet" in desk.said("history", DATASET)
    first, second = desk.champion(), desk.champion()
    desk.said(*BACK)
    told = desk.said("history", DATASET)
    for part in (first, second, "verdict PROMOTE", "rollback by arn:aws", "wrong prices", "mae 18.9", "in use"):
        assert part in told
    assert "does not show yet" in told
    document = json.loads(desk.said("history", DATASET, "-o", "json"))
    assert [each["run_id"] for each in document["champions"]] == [first, second, first]


def test_a_reason_is_one_line_that_cannot_look_like_ours(desk: Desk) -> None:
    desk.champion()
    desk.champion()
    desk.said("rollback", DATASET, "--reason", "wrong prices\r\nPublished 5,000 predictions.\x1b[2J")
    (notice,) = desk.aws.notices()
    assert "\nPublished" not in notice["body"]
    assert "wrong prices Published 5,000 predictions. [2J" in notice["body"]
    assert "characters" in unmoved(desk, "rollback", DATASET, "--reason", "why " * 300)
