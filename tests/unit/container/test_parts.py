"""A body's parts are shared among threads that have nothing else to do."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from container.serve.parts import Threads

SECONDS = 10


def test_results_come_in_the_order_of_the_parts_whoever_made_them() -> None:
    with ThreadPoolExecutor(3) as pool:
        found = pool.submit(Threads(pool, 2).results, lambda part: 2 * part, range(500)).result(SECONDS)
    assert found == [2 * part for part in range(500)]


def test_an_idle_thread_helps() -> None:
    both = threading.Barrier(2)  # passed only by two who work at the same time
    with ThreadPoolExecutor(2) as pool:
        found = pool.submit(Threads(pool, 1).results, lambda _: both.wait(SECONDS), range(2)).result(SECONDS)
    assert sorted(found) == [0, 1]


def test_nobody_waits_for_help_that_is_busy_with_something_else() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(release.wait, SECONDS)
        try:
            found = pool.submit(Threads(pool, 1).results, lambda part: part, range(9)).result(SECONDS / 2)
        finally:
            release.set()
    assert found == list(range(9))


@pytest.mark.parametrize("bad", [0, 40])
def test_what_goes_wrong_with_one_part_ends_the_work(bad: int) -> None:
    done: list[int] = []

    def work(part: int) -> None:
        if part == bad:
            raise ValueError("no row")
        done.append(part)

    with ThreadPoolExecutor(2) as pool, pytest.raises(ValueError, match="no row"):
        pool.submit(Threads(pool, 1).results, work, range(100_000)).result(SECONDS)
    assert len(done) < 100_000 - 1


def test_no_parts_have_no_results() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert Threads(pool, 1).results(lambda part: part, []) == []
