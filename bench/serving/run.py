"""One run: every server in turn, again and again, so that what else the machine does falls on all alike."""

from collections.abc import Callable
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
    clients: tuple[int, ...]
    requests: int  # of 6 MB
    seconds: float  # of single rows
    starts: int  # beyond one with each model
    variants: tuple[str, ...] = (DOCUMENTED, FAIR)  # of peers


FULL = Plan(trees=(400, 100), rounds=3, clients=(1, 2, 4), requests=8, seconds=1.0, starts=1)
QUICK = Plan(trees=(400,), rounds=1, clients=(2,), requests=6, seconds=0.7, starts=0, variants=(FAIR,))


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

    def measure(self, servers: list[Server], materials: dict[int, Material]) -> Figures:
        """All servers on each model in turn, then their starts; gives the medians of all rounds."""
        for trees in self.plan.trees:
            with ExitStack() as stack:
                self._of_one_model(materials[trees], self._up(servers, materials[trees], stack))
        self._start(servers, materials[max(self.plan.trees)])
        return Figures(
            medians(self.limits, lambda each: each.trees),
            medians(self.batches, lambda each: (each.trees, each.server, each.variant, each.clients)),
            medians(self.single_rows, lambda each: (each.trees, each.server, each.variant, each.form)),
            medians(self.starts, lambda each: (each.server, each.variant)),
            self.pings,
            self.failures,
        )

    def _of_one_model(self, material: Material, up: list[Running]) -> None:
        for number in range(self.plan.rounds):
            what = f"{material.trees} trees, round {number + 1} of {self.plan.rounds}"
            self.tell(f"{what}: bodies of 6 MB")
            self.limits.append(limit(material, self.build, self.plan.requests))
            for each in up:
                if each.server != REAL_TIME:
                    self._take(each, self._batches)
            self.tell(f"{what}: single rows")
            for each in up:
                if each.server != BATCH:
                    self._take(each, self._single_rows)
        if material.trees == max(self.plan.trees):
            self.tell("/ping with four bodies of 50 MB in flight")
            for each in up:
                if each.server in (BATCH, REAL_TIME):
                    self._take(each, lambda running: self.pings.append(pings(running)))

    def _up(self, servers: list[Server], material: Material, stack: ExitStack) -> list[Running]:
        """Those that start; an idle one takes next to nothing from those that are measured."""
        up = []
        for server in servers:
            self.tell(f"{material.trees} trees: {server.title} starts")
            try:
                up.append(stack.enter_context(running(server, material, self.build)))
                self.starts.append(_start_of(up[-1]))
            except DidNotStart as error:
                self.failures[server.title] = str(error)
        return up

    def _take(self, running: Running, measurement: Callable[[Running], None]) -> None:
        """Measure a server, unless it has failed before."""
        if running.server.title not in self.failures:
            try:
                measurement(running)
            except (NotAnswered, WrongAnswer, OSError) as error:
                self.failures[running.server.title] = str(error)

    def _batches(self, running: Running) -> None:
        self.batches += [batches(running, clients, self.plan.requests) for clients in self.plan.clients]

    def _single_rows(self, running: Running) -> None:
        self.single_rows += [single_rows(running, form, self.plan.seconds) for form in ("json", "csv")]

    def _start(self, servers: list[Server], material: Material) -> None:
        """Once more, each with nothing beside it."""
        for server in servers * self.plan.starts:
            if server.title not in self.failures:
                self.tell(f"{server.title} starts by itself")
                with running(server, material, self.build) as up:
                    self.starts.append(_start_of(up))


def _start_of(running: Running) -> Start:
    return Start(running.server.name, running.server.variant, running.started_in, running.memory)
