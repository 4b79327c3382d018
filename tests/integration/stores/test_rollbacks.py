from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key

from evergreen.champions import RollbackRefused, rollback_target, tenures
from evergreen.errors import RunSuperseded, StoreUnavailable
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.outbox import Follower, Outbox
from evergreen.stores.registry import Change, Registry
from evergreen.stores.rollbacks import Rollback, Rollbacks
from tests.integration.stores.aws import NOW, Account, answers, interrupt

DATASET = "next_purchase"


@pytest.fixture
def registry(aws: Account) -> Registry:
    return Registry(aws.registry)


@pytest.fixture
def leases(aws: Account) -> Leases:
    return Leases(boto3.resource("dynamodb").Table("registry"), timedelta(hours=7))


@pytest.fixture
def rollbacks(aws: Account) -> Rollbacks:
    return Rollbacks(aws.registry)


def run(registry: Registry, leases: Leases, minutes: int = 0, *, release: bool = True) -> Lease:
    """A whole run whose challenger becomes champion."""
    lease = leases.take(DATASET, ["a"], NOW)
    assert lease
    before, seen = registry.champion(DATASET), registry.published(DATASET)
    at = NOW + timedelta(minutes=minutes)
    key = f"runs/{DATASET}/{lease.run_id}/model.tar.gz"
    model = {"model_uri": f"s3://bucket/{key}", "model_key": key, "metric": "mae", "metrics": {"mae": 18.9}}
    registry.promote(change(lease, before, at), model, ("better",))
    registry.publish(change(lease, seen, at), {"rows": 9, "champion": lease.run_id, "sample": "1"})
    if release:
        leases.release(DATASET, lease.run_id)
    return lease


LATER = NOW + timedelta(hours=99)  # than any other change, so that its history has a key of its own


def change(lease: Lease, before: dict[str, Any] | None, at: Any = LATER) -> Change:
    return Change(DATASET, lease.run_id, lease.fence, before["run_id"] if before else None, at=at)


def looked(registry: Registry, leases: Leases, hours: float = 1, **more: Any) -> Rollback:
    """A rollback as somebody wants it who has just looked."""
    champion, published = registry.champion(DATASET), registry.published(DATASET)
    assert champion
    assert published
    facts = {
        "dataset": DATASET,
        "target": rollback_target(registry.history(DATASET), champion["run_id"], None),
        "replaces": champion["run_id"],
        "replaces_generation": published["run_id"],
        "fence": leases.last_fence(DATASET),
        "by": "ann",
        "reason": "wrong prices",
        "at": NOW + timedelta(hours=hours),
    }
    return Rollback(**(facts | more))


def everything(aws: Account) -> list[dict[str, Any]]:
    return list(aws.registry.query(KeyConditionExpression=Key("pk").eq(f"DATASET#{DATASET}"))["Items"])


def refused(aws: Account, rollbacks: Rollbacks, rollback: Rollback) -> None:
    before = everything(aws)
    with pytest.raises(RollbackRefused, match=r"Nothing was moved.*evergreen history next_purchase"):
        rollbacks.move(rollback)
    assert everything(aws) == before


def test_champion_and_predictions_move_together(registry: Registry, leases: Leases, rollbacks: Rollbacks) -> None:
    first, second = run(registry, leases), run(registry, leases, minutes=5)
    rollbacks.move(looked(registry, leases))
    champion, published = registry.champion(DATASET), registry.published(DATASET)
    assert champion
    assert published
    assert (champion["run_id"], champion["replaced"]) == (first.run_id, second.run_id)
    assert champion["model_key"] == f"runs/{DATASET}/{first.run_id}/model.tar.gz"
    assert (champion["by"], champion["why"], champion["promoted_at"]) == ("ann", ["wrong prices"], NOW.isoformat())
    assert (published["generation"], published["champion"]) == (first.run_id, first.run_id)
    assert published["rows"] == 9


def test_a_rollback_is_in_the_history_with_who_when_why_from_and_to(
    registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    first, second = run(registry, leases), run(registry, leases, minutes=5)
    rollbacks.move(looked(registry, leases))
    newest = registry.history(DATASET)[-1]
    assert (newest.event, newest.by, newest.why) == ("ROLLED_BACK", "ann", ("wrong prices",))
    assert (newest.run_id, newest.replaced) == (first.run_id, second.run_id)
    assert newest.at == (NOW + timedelta(hours=1)).isoformat()
    assert newest.published
    assert newest.published.generation == first.run_id


def test_a_promotion_and_a_rollback_leave_word_for_those_who_follow_the_champion(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    outbox = Outbox(aws.registry)
    first, second = run(registry, leases), run(registry, leases, minutes=5)
    assert {(each.follower, each.what, each.run_id) for each in outbox.open(DATASET)} == {
        (follower, "CHAMPION", second.run_id) for follower in Follower
    }
    for each in outbox.open(DATASET):
        outbox.done(DATASET, each, NOW)
    rollbacks.move(looked(registry, leases))
    assert {(each.follower, each.run_id) for each in outbox.open(DATASET)} == {
        (follower, first.run_id) for follower in Follower
    }


def test_of_two_rollbacks_at_once_one_wins(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    first, *_ = run(registry, leases), run(registry, leases, minutes=5), run(registry, leases, minutes=9)
    mine = looked(registry, leases)
    target = rollback_target(registry.history(DATASET), mine.replaces, first.run_id)
    other = replace(mine, target=target, by="bob", at=mine.at + timedelta(seconds=1))
    others = Rollbacks(boto3.resource("dynamodb").Table("registry"))
    interrupt(aws.registry.meta.client, "TransactWriteItems", lambda: others.move(other))
    with pytest.raises(RollbackRefused, match="somebody else rolled back"):
        rollbacks.move(mine)
    champion, published = registry.champion(DATASET), registry.published(DATASET)
    assert champion
    assert published
    assert champion["run_id"] == published["champion"] == first.run_id


def test_a_promotion_between_look_and_write_is_not_overwritten(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    run(registry, leases)
    run(registry, leases, minutes=5)
    rollback = looked(registry, leases)
    run(registry, leases, minutes=9)
    refused(aws, rollbacks, rollback)


def test_a_run_that_starts_between_look_and_write_is_not_disturbed(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    run(registry, leases)
    run(registry, leases, minutes=5)
    rollback = looked(registry, leases)
    started = leases.take(DATASET, ["b"], NOW + timedelta(hours=1))
    assert started
    refused(aws, rollbacks, rollback)
    refused(aws, rollbacks, replace(rollback, fence=started.fence))
    assert leases.held(DATASET, NOW + timedelta(hours=1)) == started


def test_a_run_that_came_and_went_between_look_and_write_keeps_its_fencing_number(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    """Such as one whose data was rejected: it changed nothing, yet its number must never be given again."""
    run(registry, leases)
    run(registry, leases, minutes=5)
    rollback = looked(registry, leases)
    for _ in range(2):
        gone = leases.take(DATASET, ["b"], NOW)
        assert gone
        leases.release(DATASET, gone.run_id)
    refused(aws, rollbacks, rollback)


def test_predictions_that_were_published_meanwhile_are_not_overwritten(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    run(registry, leases)
    run(registry, leases, minutes=5)
    refused(aws, rollbacks, looked(registry, leases, replaces_generation="next-purchase-00000-00000000"))


def test_a_zombie_cannot_write_after_a_rollback(registry: Registry, leases: Leases, rollbacks: Rollbacks) -> None:
    """Its lease has expired, yet it is alive: it read everything before the rollback and writes after it."""
    first = run(registry, leases)
    zombie = run(registry, leases, minutes=5, release=False)
    rollbacks.move(looked(registry, leases, hours=8))
    champion, published = registry.champion(DATASET), registry.published(DATASET)
    for judged_against in (first, zombie):
        before = {"run_id": judged_against.run_id}
        with pytest.raises(RunSuperseded):
            registry.promote(change(zombie, before), {"model_uri": "s3://bucket/zombie"}, ("better",))
        with pytest.raises(RunSuperseded):
            registry.publish(change(zombie, before), {"rows": 1, "champion": zombie.run_id})
    assert (registry.champion(DATASET), registry.published(DATASET)) == (champion, published)
    assert leases.held(DATASET, NOW) is None, "its place is free"


def test_a_run_that_ended_unnoticed_lets_a_rollback_through_and_is_left_for_dispatch_to_close(
    registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    run(registry, leases)
    ended = run(registry, leases, minutes=5, release=False)
    rollbacks.move(looked(registry, leases, ended_holder=ended.run_id))
    with pytest.raises(RunSuperseded):
        registry.promote(change(ended, registry.champion(DATASET)), {"model_uri": "s3://bucket/late"}, ("better",))
    with pytest.raises(RunSuperseded):
        registry.publish(change(ended, registry.published(DATASET)), {"rows": 1, "champion": ended.run_id})
    assert leases.release(DATASET, ended.run_id)


def test_a_run_that_was_about_to_start_when_the_rollback_came_looks_again(
    registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    run(registry, leases)
    run(registry, leases, minutes=5)
    seen = leases.last_fence(DATASET)
    rollbacks.move(looked(registry, leases))
    assert leases.take(DATASET, ["b"], NOW + timedelta(hours=1), after=seen) is None
    started = leases.take(DATASET, ["b"], NOW + timedelta(hours=1))
    assert started
    assert started.fence == seen + 2


def test_a_run_after_a_rollback_changes_the_champion_as_ever(
    registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    first = run(registry, leases)
    run(registry, leases, minutes=5)
    rollbacks.move(looked(registry, leases))
    third = run(registry, leases, minutes=99)
    champion, published = registry.champion(DATASET), registry.published(DATASET)
    assert champion
    assert published
    assert (champion["run_id"], champion["replaced"]) == (third.run_id, first.run_id)
    assert published["generation"] == third.run_id


def test_a_throttled_rollback_is_worth_another_try(
    aws: Account, registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    run(registry, leases)
    run(registry, leases, minutes=5)
    answers(aws.registry.meta.client, "TransactWriteItems", code="ThrottlingException")
    with pytest.raises(StoreUnavailable, match="roll next_purchase back"):
        rollbacks.move(looked(registry, leases))
    rollbacks.move(looked(registry, leases))


def test_the_history_is_in_order_whatever_the_clock_of_who_rolled_back_said(
    registry: Registry, leases: Leases, rollbacks: Rollbacks
) -> None:
    first, second = run(registry, leases), run(registry, leases, minutes=5)
    rollbacks.move(looked(registry, leases, hours=-1))
    third = run(registry, leases, minutes=9)
    told = [(entry.event, entry.run_id) for entry in registry.history(DATASET) if entry.event != "PUBLISHED"]
    assert told == [
        ("PROMOTED", first.run_id),
        ("PROMOTED", second.run_id),
        ("ROLLED_BACK", first.run_id),
        ("PROMOTED", third.run_id),
    ]


def test_a_publication_belongs_to_its_promotion_though_its_function_had_a_slower_clock(
    registry: Registry, leases: Leases
) -> None:
    lease = leases.take(DATASET, ["a"], NOW)
    assert lease
    model = {"model_uri": "s3://bucket/model.tar.gz", "model_key": "model.tar.gz", "metric": "mae", "metrics": {}}
    registry.promote(change(lease, None, NOW), model, ("better",))
    sooner = NOW - timedelta(seconds=2)
    registry.publish(change(lease, None, sooner), {"rows": 9, "champion": lease.run_id, "sample": "1"})
    assert [entry.event for entry in registry.history(DATASET)] == ["PROMOTED", "PUBLISHED"]
    (tenure,) = tenures(registry.history(DATASET))
    assert tenure.generation == lease.run_id
