"""A run that was paused past its lease wakes up when another has taken over: it changes nothing any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from evergreen.errors import RunSuperseded
from evergreen.stores.registry import Change
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import interrupt

A, B = (f"incoming/next_purchase/{name}.csv" for name in "ab")
T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def paused(world: World) -> str:
    """A run that is in progress, and goes on to be."""
    world.clock = lambda: T0
    world.dispatcher.take(world.drop(A))
    world.dispatcher.take(world.drop(B))
    return world.started()[0]


def lease_expires(world: World) -> None:
    """Time passes, the timer of the lease's end fires, and Dispatch starts the next run."""
    world.clock = lambda: T0 + timedelta(hours=7, minutes=1)
    for event in world.timers_fire():
        world.dispatcher.take(event)
    assert len(world.started()) == 2


def change(run_id: str, fence: int, replaces: str | None = None) -> Change:
    return Change(DATASET, run_id, fence, replaces, T0 + timedelta(hours=7 * fence))


def promote(world: World, changed: Change) -> None:
    world.registry.promote(changed, {"model_uri": f"s3://{changed.run_id}"}, ("better",))


def publish(world: World, changed: Change) -> None:
    world.registry.publish(changed, {"rows": 3})


CHANGES = pytest.mark.parametrize("write", [promote, publish])


@CHANGES
def test_a_zombie_changes_nothing(world: World, paused: str, write: Callable[[World, Change], None]) -> None:
    lease_expires(world)
    with pytest.raises(RunSuperseded, match="lost its lease"):
        write(world, change(paused, 1))
    assert world.registry.champion(DATASET) is None
    assert world.registry.published(DATASET) is None


@CHANGES
def test_a_zombie_that_was_paused_in_the_middle_of_its_write_changes_nothing(
    world: World, paused: str, write: Callable[[World, Change], None]
) -> None:
    interrupt(world.aws.registry.meta.client, "TransactWriteItems", before=lambda: lease_expires(world))
    with pytest.raises(RunSuperseded):
        write(world, change(paused, 1))
    assert world.registry.champion(DATASET) is None
    assert world.registry.published(DATASET) is None


@CHANGES
def test_a_zombie_cannot_borrow_the_fence_of_the_run_that_took_over(
    world: World, paused: str, write: Callable[[World, Change], None]
) -> None:
    lease_expires(world)
    with pytest.raises(RunSuperseded):
        write(world, change(paused, 2))


def test_what_the_next_run_has_made_stays_when_the_zombie_wakes_up(world: World, paused: str) -> None:
    promote(world, change(paused, 1))
    lease_expires(world)
    following = world.started()[1]
    promote(world, change(following, 2, replaces=paused))
    publish(world, change(following, 2))
    with pytest.raises(RunSuperseded):
        publish(world, change(paused, 1))
    champion, published = world.registry.champion(DATASET), world.registry.published(DATASET)
    assert champion
    assert published
    assert champion["run_id"] == published["run_id"] == following


def test_the_end_of_a_zombie_frees_nobody_elses_lease(world: World, paused: str) -> None:
    lease_expires(world)
    world.dispatcher.take(world.ended(paused, "SUCCEEDED"))
    lease = world.leases.held(DATASET, world.clock())
    assert lease
    assert lease.run_id == world.started()[1]
    assert len(world.started()) == 2
