from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key

from evergreen.errors import RunSuperseded, StoreUnavailable
from evergreen.stores.leases import Lease, Leases
from evergreen.stores.registry import Change, Registry
from tests.integration.stores.aws import NOW, Account, answers, interrupt

DATASET = "next_purchase"
DURATION = timedelta(hours=7)
REASONS = ("mae 18.9 against 19.7.", "That is enough.")


@pytest.fixture
def registry(aws: Account) -> Registry:
    return Registry(aws.registry)


@pytest.fixture
def leases(aws: Account) -> Leases:
    return Leases(boto3.resource("dynamodb").Table("registry"), DURATION)


def begin(leases: Leases, hours: float = 0) -> Lease:
    lease = leases.take(DATASET, ["a"], NOW + timedelta(hours=hours))
    assert lease
    return lease


def next_run(leases: Leases, last: Lease) -> Lease:
    leases.release(DATASET, last.run_id)
    return begin(leases)


def change(lease: Lease, replaces: str | None, minutes: int = 0) -> Change:
    return Change(DATASET, lease.run_id, lease.fence, replaces, at=NOW + timedelta(minutes=minutes))


def model(lease: Lease) -> dict[str, Any]:
    key = f"runs/{DATASET}/{lease.run_id}/models/model.tar.gz"
    return {"model_uri": f"s3://bucket/{key}", "model_key": key, "metrics": {"mae": 18.9}}


def history(aws: Account) -> list[dict[str, Any]]:
    items = aws.registry.query(
        KeyConditionExpression=Key("pk").eq(f"DATASET#{DATASET}") & Key("sk").begins_with("HISTORY#")
    )
    return list(items["Items"])


def test_a_data_set_begins_without_champion_and_without_predictions(registry: Registry) -> None:
    assert registry.champion(DATASET) is None
    assert registry.published(DATASET) is None


def test_the_holder_of_the_lease_makes_its_model_the_first_champion(registry: Registry, leases: Leases) -> None:
    lease = begin(leases)
    registry.promote(change(lease, None), model(lease), REASONS)
    assert registry.champion(DATASET) == {
        **model(lease),
        "run_id": lease.run_id,
        "promoted_at": NOW.isoformat(),
        "why": list(REASONS),
    }


def test_the_next_champion_replaces_the_one_it_was_judged_against(registry: Registry, leases: Leases) -> None:
    first = begin(leases)
    registry.promote(change(first, None), model(first), REASONS)
    second = next_run(leases, first)
    registry.promote(change(second, first.run_id, minutes=5), model(second), REASONS)
    champion = registry.champion(DATASET)
    assert champion
    assert (champion["run_id"], champion["replaced"]) == (second.run_id, first.run_id)


def test_readers_are_flipped_to_the_runs_generation(registry: Registry, leases: Leases) -> None:
    lease = begin(leases)
    registry.publish(change(lease, None), {"rows": 4372, "champion": lease.run_id, "as_of": None})
    published = registry.published(DATASET)
    assert published
    assert (published["generation"], published["rows"]) == (lease.run_id, 4372)
    assert registry.champion(DATASET) is None


def test_every_change_is_in_the_history_with_who_when_why_and_what_it_replaced(
    aws: Account, registry: Registry, leases: Leases
) -> None:
    first = begin(leases)
    registry.promote(change(first, None), model(first), REASONS)
    registry.publish(change(first, None), {"rows": 1})
    second = next_run(leases, first)
    registry.promote(change(second, first.run_id, minutes=5), model(second), REASONS)
    told = [(item["event"], item["run_id"], item.get("replaced"), item["at"]) for item in history(aws)]
    later = (NOW + timedelta(minutes=5)).isoformat()
    assert told == [
        ("PROMOTED", first.run_id, None, NOW.isoformat()),
        ("PUBLISHED", first.run_id, None, NOW.isoformat()),
        ("PROMOTED", second.run_id, first.run_id, later),
    ]
    assert history(aws)[0]["why"] == list(REASONS)


def test_the_same_change_again_is_no_change(aws: Account, registry: Registry, leases: Leases) -> None:
    lease = begin(leases)
    for minutes in (0, 5):
        registry.promote(change(lease, None, minutes), model(lease), REASONS)
        registry.publish(change(lease, None, minutes), {"rows": 1})
    champion, published = registry.champion(DATASET), registry.published(DATASET)
    assert champion
    assert published
    assert champion["promoted_at"] == published["published_at"] == NOW.isoformat()
    assert len(history(aws)) == 2


def refused(registry: Registry, asked: Change, lease: Lease, aws: Account) -> None:
    asked = replace(
        asked, at=NOW + timedelta(hours=9)
    )  # later than any other change, so its history has a key of its own
    before = (registry.champion(DATASET), registry.published(DATASET), history(aws))
    with pytest.raises(RunSuperseded, match=f"{asked.run_id} may no longer change CHAMPION of next_purchase"):
        registry.promote(asked, model(lease), REASONS)
    with pytest.raises(RunSuperseded, match=f"{asked.run_id} may no longer change PUBLISHED of next_purchase"):
        registry.publish(asked, {"rows": 1})
    assert (registry.champion(DATASET), registry.published(DATASET), history(aws)) == before


def test_a_run_that_never_took_the_lease_changes_nothing(aws: Account, registry: Registry) -> None:
    stranger = Lease(fence=1, run_id="next-purchase-00001-00000000", arrival_ids=("a",), expires_at=0)
    refused(registry, change(stranger, None), stranger, aws)


def test_a_run_that_gave_its_lease_back_changes_nothing(aws: Account, registry: Registry, leases: Leases) -> None:
    lease = begin(leases)
    leases.release(DATASET, lease.run_id)
    refused(registry, change(lease, None), lease, aws)


def test_a_run_with_an_old_fence_changes_nothing(aws: Account, registry: Registry, leases: Leases) -> None:
    lease = begin(leases)
    old = Change(DATASET, lease.run_id, lease.fence - 1, None, NOW)
    refused(registry, old, lease, aws)


def test_a_run_judged_against_a_champion_that_is_gone_changes_nothing(
    aws: Account, registry: Registry, leases: Leases
) -> None:
    first = begin(leases)
    registry.promote(change(first, None), model(first), REASONS)
    registry.publish(change(first, None), {"rows": 1})
    second = next_run(leases, first)
    for judged_against in (None, "next-purchase-00000-00000000"):
        refused(registry, change(second, judged_against), second, aws)


def test_a_run_that_slept_past_its_lease_cannot_overwrite_its_successor(
    aws: Account, registry: Registry, leases: Leases
) -> None:
    sleeper = begin(leases)
    successor = begin(leases, hours=8)
    registry.promote(change(successor, None), model(successor), REASONS)
    registry.publish(change(successor, None), {"rows": 1})
    refused(registry, change(sleeper, None), sleeper, aws)
    refused(registry, change(sleeper, successor.run_id), sleeper, aws)


def test_a_run_that_sleeps_between_its_check_and_its_write_cannot_overwrite_its_successor(
    aws: Account, registry: Registry, leases: Leases
) -> None:
    sleeper = begin(leases)
    successor: list[Lease] = []

    def overtaken() -> None:
        successor.append(begin(leases, hours=8))
        other = Registry(boto3.resource("dynamodb").Table("registry"))
        other.promote(change(successor[0], None), model(successor[0]), REASONS)

    interrupt(aws.registry.meta.client, "TransactWriteItems", overtaken)
    with pytest.raises(RunSuperseded):
        registry.promote(change(sleeper, None, minutes=5), model(sleeper), REASONS)
    champion = registry.champion(DATASET)
    assert champion
    assert champion["run_id"] == successor[0].run_id


def test_a_throttled_change_is_worth_another_try(aws: Account, registry: Registry, leases: Leases) -> None:
    lease = begin(leases)
    answers(aws.registry.meta.client, "TransactWriteItems", code="ThrottlingException")
    with pytest.raises(StoreUnavailable, match="change CHAMPION of next_purchase"):
        registry.promote(change(lease, None), model(lease), REASONS)
    registry.promote(change(lease, None), model(lease), REASONS)
    assert registry.champion(DATASET)
