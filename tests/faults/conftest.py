"""One matrix for all these tests, and the figures at the end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.faults.cells import Cell
from tests.faults.deploy import deployed
from tests.faults.matrix import Matrix

RUN, PASSED = "fault cells run", "fault cells passed"
Verdicts = dict[Cell, list[str]]


@pytest.fixture(scope="package")
def matrix() -> Iterator[Matrix]:
    with deployed() as deployment:
        yield Matrix.of(deployment)


@pytest.fixture
def broken_by(matrix: Matrix, record_property: Callable[[str, object], None]) -> Callable[[Iterable[Cell]], Verdicts]:
    """Runs cells, counts them, and tells which invariants they broke."""

    def run(cells: Iterable[Cell]) -> Verdicts:
        found = {cell: matrix.run(cell) for cell in cells}
        broken = {cell: why for cell, why in found.items() if why}
        record_property(RUN, len(found))
        record_property(PASSED, len(found) - len(broken))
        return broken

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures: Counter[str] = Counter()
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        if report.when == "call":
            figures.update({name: count for name, count in report.user_properties if name in (RUN, PASSED)})
    if figures:
        terminalreporter.write_line(f"fault matrix: {figures[RUN]} cells run, {figures[PASSED]} passed")
