from datetime import timedelta

import boto3
import pytest

from evergreen.runs import dataset_of
from evergreen.stores.leases import Leases
from tests.integration.stores.aws import NOW, Account, interrupt

DATASET = "next_purchase"
DURATION = timedelta(hours=7)


@pytest.fixture
def leases(aws: Account) -> Leases:
    return Leases(aws.registry, DURATION)


def test_nobody_holds_a_lease_that_was_never_taken(leases: Leases) -> None:
    assert leases.held(DATASET, NOW) is None


def test_a_lease_names_its_run_and_what_the_run_takes(leases: Leases) -> None:
    lease = leases.take(DATASET, ["b", "a"], NOW)
    assert lease
    assert dataset_of(lease.run_id) == DATASET
    assert (lease.fence, lease.arrival_ids) == (1, ("b", "a"))
    assert leases.held(DATASET, NOW) == lease


def test_a_lease_has_one_holder(leases: Leases) -> None:
    held = leases.take(DATASET, ["a"], NOW)
    assert leases.take(DATASET, ["b"], NOW + timedelta(hours=1)) is None
    assert leases.held(DATASET, NOW + timedelta(hours=1)) == held


def test_each_data_set_has_a_lease_of_its_own(leases: Leases) -> None:
    assert leases.take(DATASET, ["a"], NOW)
    assert leases.take("line_yield", ["b"], NOW)


def test_a_lease_whose_answer_was_lost_and_that_the_sdk_takes_again_is_held(aws: Account, leases: Leases) -> None:
    first = []
    interrupt(aws.registry.meta.client, "PutItem", lambda: first.append(leases.take(DATASET, ["a"], NOW)))
    assert leases.take(DATASET, ["a"], NOW) == first[0] is not None
    assert leases.take(DATASET, ["b"], NOW) is None


def test_a_released_lease_can_be_taken_with_a_higher_fence(leases: Leases) -> None:
    first = leases.take(DATASET, ["a"], NOW)
    assert first
    assert leases.release(DATASET, first.run_id)
    assert leases.held(DATASET, NOW) is None
    second = leases.take(DATASET, ["a"], NOW)
    assert second
    assert (second.fence, second.run_id > first.run_id) == (2, True)


def test_an_expired_lease_can_be_taken_with_a_higher_fence(leases: Leases) -> None:
    leases.take(DATASET, ["a"], NOW)
    assert leases.take(DATASET, ["b"], NOW + DURATION - timedelta(seconds=1)) is None
    assert leases.held(DATASET, NOW + DURATION) is None
    second = leases.take(DATASET, ["b"], NOW + DURATION)
    assert second
    assert second.fence == 2


def test_only_the_holder_can_release_and_only_once(leases: Leases) -> None:
    first = leases.take(DATASET, ["a"], NOW)
    assert first
    assert not leases.release(DATASET, "next-purchase-00009-00000000")
    assert leases.release(DATASET, first.run_id)
    assert not leases.release(DATASET, first.run_id)


def test_an_old_holder_cannot_release_the_lease_of_its_successor(leases: Leases) -> None:
    first = leases.take(DATASET, ["a"], NOW)
    second = leases.take(DATASET, ["a"], NOW + DURATION)
    assert first
    assert not leases.release(DATASET, first.run_id)
    assert leases.held(DATASET, NOW + DURATION) == second


@pytest.mark.parametrize("released_before", [False, True])
def test_of_two_that_take_at_the_same_moment_one_gets_it(aws: Account, released_before: bool) -> None:
    slow = Leases(aws.registry, DURATION)
    fast = Leases(boto3.resource("dynamodb").Table("registry"), DURATION)
    if released_before:
        earlier = fast.take(DATASET, ["z"], NOW)
        assert earlier
        fast.release(DATASET, earlier.run_id)
    interrupt(aws.registry.meta.client, "PutItem", lambda: taken.append(fast.take(DATASET, ["b"], NOW)))
    taken: list[object] = []
    assert slow.take(DATASET, ["a"], NOW) is None
    assert taken == [fast.held(DATASET, NOW)]


def test_of_two_that_take_an_expired_lease_one_gets_it(aws: Account) -> None:
    slow = Leases(aws.registry, DURATION)
    fast = Leases(boto3.resource("dynamodb").Table("registry"), DURATION)
    slow.take(DATASET, ["z"], NOW)
    late = NOW + DURATION
    interrupt(aws.registry.meta.client, "PutItem", lambda: taken.append(fast.take(DATASET, ["b"], late)))
    taken: list[object] = []
    assert slow.take(DATASET, ["a"], late) is None
    assert taken == [fast.held(DATASET, late)]


def test_a_fence_is_never_given_twice_even_when_a_whole_run_passes_in_between(aws: Account) -> None:
    slow = Leases(aws.registry, DURATION)
    fast = Leases(boto3.resource("dynamodb").Table("registry"), DURATION)

    def whole_run() -> None:
        lease = fast.take(DATASET, ["b"], NOW)
        assert lease
        fast.release(DATASET, lease.run_id)

    interrupt(aws.registry.meta.client, "PutItem", whole_run)
    assert slow.take(DATASET, ["a"], NOW) is None
    later = slow.take(DATASET, ["a"], NOW)
    assert later
    assert later.fence == 2
