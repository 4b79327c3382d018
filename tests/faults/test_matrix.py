"""Every cell of the fault matrix (`make faults`)."""

from collections.abc import Callable, Iterable

import pytest

from tests.faults.cells import PLACES, Cell
from tests.faults.conftest import Verdicts
from tests.faults.matrix import Matrix

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("place", PLACES)
def test_whatever_fails_in_a_state_nothing_is_lost_doubled_or_half_shown(
    matrix: Matrix, broken_by: Callable[[Iterable[Cell]], Verdicts], place: str
) -> None:
    broken = broken_by(matrix.cells(place))
    assert not broken, "\n".join(f"{cell}: {'; '.join(why)}" for cell, why in broken.items())
