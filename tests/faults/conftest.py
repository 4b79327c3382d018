"""One matrix for all these tests, and the figures at the end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.faults.cells import Cell
from tests.faults.deploy import deployed
from tests.faults.matrix import Matrix

FIGURES = pytest.StashKey[Counter[str]]()
Verdicts = dict[Cell, list[str]]


@pytest.fixture(scope="package")
def matrix() -> Iterator[Matrix]:
    with deployed() as deployment:
        yield Matrix.of(deployment)


@pytest.fixture
def broken_by(matrix: Matrix, request: pytest.FixtureRequest) -> Callable[[Iterable[Cell]], Verdicts]:
    """Runs cells, counts them, and tells which invariants they broke."""
    figures = request.config.stash.setdefault(FIGURES, Counter())

    def run(cells: Iterable[Cell]) -> Verdicts:
        found = {cell: matrix.run(cell) for cell in cells}
        figures["run"] += len(found)
        figures["passed"] += sum(not broken for broken in found.values())
        return {cell: broken for cell, broken in found.items() if broken}

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, None)
    if figures:
        terminalreporter.write_line(f"fault matrix: {figures['run']} cells run, {figures['passed']} passed")
