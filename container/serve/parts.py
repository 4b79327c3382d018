"""A large body's work in parts, which threads take that have nothing else to do."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Threads:
    """The threads that score, of which one has a body and the others may help it.

    Help queues behind whatever came before it, and takes what is left when its turn has come: a body that is alone has
    all cores, and several have one each. Nobody who works waits for help that has not begun.
    """

    pool: Executor
    helpers: int

    @property
    def count(self) -> int:
        """How many there are."""
        return self.helpers + 1

    def results(self, work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
        """What the work makes of each part, in their order."""
        left, done = deque(enumerate(parts)), dict[int, Result]()

        def take() -> None:
            while left:
                try:
                    number, part = left.popleft()
                except IndexError:
                    return  # another thread was quicker
                try:
                    done[number] = work(part)
                except BaseException:
                    left.clear()
                    raise

        helping = [self.pool.submit(take) for _ in range(min(self.helpers, len(parts) - 1))]
        try:
            take()
        finally:
            begun = [each for each in helping if not each.cancel()]
            failures = [each.exception() for each in begun]
        for failure in failures:
            if failure is not None:
                raise failure
        return [done[number] for number in range(len(parts))]
