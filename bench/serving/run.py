"""One run: every server in turn, again and again, so that what else the machine does falls on all alike."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.serving.answers import WrongAnswer
from bench.serving.figures import Batches, Figures, Limit, Ping, SingleRows, Start, medians
from bench.serving.material import Material
from bench.serving.measuring import NotAnswered, batches, limit, single_rows
from bench.serving.pings import pings
from bench.serving.processes import DidNotStart, Running, running
from bench.serving.servers import BATCH, DOCUMENTED, FAIR, REAL_TIME, Server


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    trees: tuple[int, ...]
    rounds: int
    clients: tuple[int, ...] = (1, 2, 4)
    requests: int = 8
    seconds: float = 1.0


FULL = Plan(trees=(400, 100), rounds=3)
QUICK = Plan(trees=(400,), rounds=1, clients=(2,), requests=6, seconds=0.7)


@dataclass
class Run:
    """What a run has found so far."""

    build: Path
    plan: Plan
    tell: Callable[[str], None]
    limits: list[Limit] = field(default_factory=list)
    batches: list[Batches] = field(default_factory=list)
    single_rows: list[SingleRows] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    pings: list[Ping] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def measure(self, servers: list[Server], materials: dict[int, Material]) -> None:
        """All servers on each model in turn."""
        for trees in self.plan.trees:
            with ExitStack() as stack:
                up = [each for server in servers if (each := self._up(server, materials[trees], stack))]
                for number in range(self.plan.rounds):
                    self.tell(f"{trees} trees, round {number + 1} of {self.plan.rounds}: 6 MB bodies")
                    self.limits.append(limit(materials[trees], self.build, self.plan.requests))
                    for each in up:
                        self._batches(each)
                    self.tell(f"{trees} trees, round {number + 1} of {self.plan.rounds}: single rows")
                    for each in up:
                        self._single_rows(each)
                if trees == max(self.plan.trees):
                    self.tell("/ping with 50 MB bodies in flight")
                    self.pings += [pings(each) for each in up if each.server.name == "ours"]
        self._start_again(servers, materials[max(self.plan.trees)])

    def figures(self) -> Figures:
        """The medians of all rounds."""
        return Figures(
            medians(self.limits, lambda each: each.trees),
            medians(self.batches, lambda each: (each.trees, each.server, each.variant, each.clients)),
            medians(self.single_rows, lambda each: (each.trees, each.server, each.variant, each.form)),
            medians(self.starts, lambda each: (each.server, each.variant)),
            self.pings,
            self.failures,
        )
