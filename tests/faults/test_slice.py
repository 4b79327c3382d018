"""A slice of the fault matrix that always runs: every state, and every kind of fault, at least once."""

from collections import Counter
from collections.abc import Callable, Iterable

from tests.faults.cells import PLACES, Cell, kinds_at
from tests.faults.conftest import Verdicts
from tests.faults.matrix import Matrix


def sliced(matrix: Matrix) -> list[Cell]:
    """Of each state one cell, of the kind that was had least so far, and every kind that is left then; each at the last
    call there is."""
    had: Counter[str] = Counter()
    found, left = [], {}
    for place in PLACES:
        last = {cell.kind: cell for cell in matrix.cells(place)}
        kind = min(last, key=lambda kind: had[kind])
        had[kind] += 1
        found.append(last[kind])
        left |= last
    return [*found, *(cell for kind, cell in left.items() if kind not in had)]


def test_the_slice_has_every_state_and_every_kind_of_fault(matrix: Matrix) -> None:
    cells = sliced(matrix)
    assert {cell.state for cell in cells} == set(PLACES)
    assert {cell.kind for cell in cells} == {kind for place in PLACES for kind in kinds_at(place)}


def test_whatever_fails_nothing_is_lost_doubled_or_half_shown(
    matrix: Matrix, broken_by: Callable[[Iterable[Cell]], Verdicts]
) -> None:
    broken = broken_by(sliced(matrix))
    assert not broken, "\n".join(f"{cell}: {'; '.join(why)}" for cell, why in broken.items())
