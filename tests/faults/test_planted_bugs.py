"""A matrix that finds nothing proves nothing: it finds each of these bugs, and says what is wrong."""

import pytest

from tests.faults.alarm_bugs import AFTER_AN_ALARM
from tests.faults.bugs import PLANTED, Plant
from tests.faults.matrix import Matrix

EVERY = PLANTED | AFTER_AN_ALARM


@pytest.mark.parametrize("plant", EVERY, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(matrix: Matrix, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    state, kind, said = EVERY[plant]
    suspects = [cell for cell in matrix.cells(state) if cell.kind == kind]
    plant(monkeypatch, matrix.deployment)
    found = (why for cell in reversed(suspects) for why in matrix.run(cell))
    assert any(said in why for why in found), f"none of {len(suspects)} cells says so"
