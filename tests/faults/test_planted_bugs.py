"""A matrix that finds nothing proves nothing: it finds each of these bugs, and says what is wrong."""

import pytest

from tests.faults import alarm_bugs, bugs
from tests.faults.alarm_bugs import AFTER_AN_ALARM
from tests.faults.bugs import PLANTED, Plant
from tests.faults.bus_bugs import ON_THE_BUS
from tests.faults.matrix import Matrix
from tests.faults.restart_bugs import AFTER_A_RESTART

FOUND_LATE = {  # after many cells, so not in every run of the tests
    bugs.settled_by_whoever_comes_last,
    bugs.superseded_before_the_lease_is_taken,
    bugs.own_lease_taken_for_anothers,
    bugs.events_taken_before_they_are_handled,
    bugs.no_run_without_its_timer,
    bugs.promoted_without_condition,
    bugs.told_before_sent,
    alarm_bugs.people_noted_as_told_before_they_are,
    alarm_bugs.rolled_back_whatever_has_changed,
}
EVERY = PLANTED | ON_THE_BUS | AFTER_AN_ALARM | AFTER_A_RESTART
PLANTS = [pytest.param(plant, marks=[pytest.mark.faults] if plant in FOUND_LATE else []) for plant in EVERY]


@pytest.mark.parametrize("plant", PLANTS, ids=[plant.__name__ for plant in EVERY])
def test_a_planted_bug_is_found(matrix: Matrix, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    state, kind, said = EVERY[plant]
    suspects = [cell for cell in matrix.cells(state) if cell.kind == kind]
    plant(monkeypatch, matrix.deployment)
    found = (why for cell in reversed(suspects) for why in matrix.run(cell))
    assert any(said in why for why in found), f"none of {len(suspects)} cells says so"
