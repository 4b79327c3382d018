"""A rollback and the removal of the predictions that it would bring back: whichever is first wins."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.stores.leases import Lease
from evergreen.stores.registry import Change
from evergreen.stores.rollbacks import Rollbacks
from tests.integration.cli.conftest import DATASET, Desk
from tests.integration.cli.test_rollback import BACK, now_in_use, unmoved


def test_predictions_that_were_removed_are_refused_with_who_removed_them(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    remove(desk, first)
    told = unmoved(desk, *BACK)
    assert f"generation {first} was removed at 20" in told
    assert "predictions.keep_generations" in told


def test_predictions_that_are_removed_while_a_rollback_looks_at_them_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.champion(), desk.champion()
    move = Rollbacks.move

    def late(self: Rollbacks, rollback: Any) -> None:
        assert begin_removal(desk, first)
        move(self, replace(rollback, fence=desk.deployment.leases.last_fence(DATASET)))

    monkeypatch.setattr(Rollbacks, "move", late)
    assert "were removed while this rollback looked at them. Nothing was moved" in desk.refused(*BACK)
    assert now_in_use(desk) == (second, second)


def test_what_a_rollback_brought_back_cannot_be_removed_any_more(desk: Desk) -> None:
    first, _ = desk.champion(), desk.champion()
    lease_before = desk.take()
    desk.deployment.leases.release(DATASET, lease_before.run_id)
    desk.said(*BACK)
    assert not begin_removal(desk, first), "readers see it"
    assert not desk.deployment.removals.begin(change_of(lease_before), first), "nor by a run from before"
    assert now_in_use(desk) == (first, first)


def begin_removal(desk: Desk, generation: str) -> bool:
    """A run begins to remove a generation, and is over."""
    lease = desk.take()
    begun = desk.deployment.removals.begin(change_of(lease), generation)
    desk.deployment.leases.release(DATASET, lease.run_id)
    return begun


def remove(desk: Desk, generation: str) -> None:
    assert begin_removal(desk, generation)
    desk.aws.loader.remove(DATASET, generation, ["1", "2", "3"])
    desk.deployment.removals.note(DATASET, generation, done=True)


def change_of(lease: Lease) -> Change:
    return Change(DATASET, lease.run_id, lease.fence, None, datetime.now(UTC))
