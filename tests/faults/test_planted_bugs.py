"""A matrix that finds nothing proves nothing: it finds each of these bugs."""

import pytest

from tests.faults.bugs import PLANTED, Plant
from tests.faults.matrix import Matrix


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(matrix: Matrix, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    suspects = matrix.suspects(PLANTED[plant])
    assert suspects
    plant(monkeypatch, matrix.deployment)
    assert any(matrix.run(cell) for cell in reversed(suspects)), f"none of {len(suspects)} cells finds it"
