"""Bugs in what follows an alarm on the yield, each planted by one patch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from evergreen.stores.rollbacks import Rollback, Rollbacks
from functions.dispatch.alarms import Alarms
from functions.watch_yield.watching import Watching
from tests.faults.cells import CALL, LOOKED_AT, WATCH
from tests.faults.deployment import Deployment

Plant = Callable[[pytest.MonkeyPatch, Deployment], None]


def rollback_noted_before_people_know(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    def tell_once(self: Watching, dataset: str, champion: dict[str, Any], now: datetime) -> str:
        replaced, runs = str(champion["replaced"]), self.reinstatement.runs
        if not (runs.get(replaced) or {}).get("rollback_told_at"):
            runs.note(replaced, rollback_told_at=now.isoformat())
            self._tell(dataset, replaced, "ROLLED_BACK", "rolled back", "rolled back")
        return "rolled back"

    patch.setattr(Watching, "_tell_once", tell_once)


def rolled_back_whatever_has_changed(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    move = Rollbacks.move

    def forced(self: Rollbacks, rollback: Rollback) -> None:
        registry = deployment.world.registry
        champion, published = registry.champion(rollback.dataset) or {}, registry.published(rollback.dataset) or {}
        seen = {"replaces": champion["run_id"], "replaces_generation": published["run_id"]}
        move(self, replace(rollback, **seen, fence=deployment.world.leases.last_fence(rollback.dataset)))

    patch.setattr(Rollbacks, "move", forced)


def people_noted_as_told_before_they_are(patch: pytest.MonkeyPatch, deployment: Deployment) -> None:
    call = Alarms._call_people

    def noted(self: Alarms, dataset: str, stuck: Any, entries: Any, now: datetime) -> None:
        for state in stuck:
            self.states.note_told(dataset, state, now.isoformat())
        call(self, dataset, stuck, entries, now)

    patch.setattr(Alarms, "_call_people", noted)


AFTER_AN_ALARM: dict[Plant, tuple[str, str, str]] = {
    rollback_noted_before_people_know: (WATCH, "killed", "people were told 0 times that the champion was brought back"),
    rolled_back_whatever_has_changed: (WATCH, LOOKED_AT, "the champion was brought back 2 times"),
    people_noted_as_told_before_they_are: (CALL, "killed", "people were told 0 times of an alarm"),
}
