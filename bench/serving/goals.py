"""The goals, judged on one run's figures; where one is missed, by how much."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.serving.figures import Batches, Figures, SingleRows

SHARE_OF_LIMIT = {400: 0.80, 100: 0.50}
TIMES_CPU = {400: {"flask": 1.25, "mlflow": 1.25}, 100: {"flask": 1.8}}
AHEAD = 1.0
TIMES_REQUESTS, SHARE_OF_P99, SLOW = 5.0, 0.5, ("flask", "mlflow", "bentoml")
SECONDS_OF_PING, SECONDS_OF_START, MB_OF_START = 0.5, 1.0, 200.0


@dataclass(frozen=True)
class Judged:
    """One goal and what was measured."""

    what: str
    goal: float
    found: float
    at_least: bool = True

    @property
    def reached(self) -> bool:
        return self.found >= self.goal if self.at_least else self.found <= self.goal

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return (
            f"{'reached' if self.reached else 'MISSED '}  {self.found:7.2f}  (goal {sign} {self.goal:g})  {self.what}"
        )


def judged(figures: Figures) -> list[Judged]:
    """Every goal of which there are figures, against the better variant of each peer."""
    return [*_batches(figures), *_pings(figures), *_single_rows(figures), *_starts(figures)]


def _batches(figures: Figures) -> Iterator[Judged]:
    limits = {limit.trees: limit for limit in figures.limits}
    for ours in (each for each in figures.batches if each.server == "ours"):
        of = f"{ours.trees} trees, 6 MB of CSV, {ours.clients} {'client' if ours.clients == 1 else 'clients'}"
        if limit := limits.get(ours.trees):
            share = limit.cpu_per_row / ours.cpu_per_row
            yield Judged(f"{of}: share of the limit, by CPU per row", SHARE_OF_LIMIT[ours.trees], share)
        for name, peers in _by_name(
            each for each in figures.batches if (each.trees, each.clients) == (ours.trees, ours.clients)
        ):
            cheapest = min(each.cpu_per_row for each in peers)
            goal = TIMES_CPU[ours.trees].get(name, AHEAD)
            yield Judged(f"{of}: rows per CPU second, times {name}'s", goal, cheapest / ours.cpu_per_row)
            quickest = max(each.rows_per_second for each in peers)
            yield Judged(f"{of}: rows per second, times {name}'s", AHEAD, ours.rows_per_second / quickest)


def _single_rows(figures: Figures) -> Iterator[Judged]:
    for ours in (each for each in figures.single_rows if each.server == "ours"):
        of = f"{ours.trees} trees, single rows in {ours.form.upper()}"
        for name, peers in _by_name(
            each for each in figures.single_rows if (each.trees, each.form) == (ours.trees, ours.form)
        ):
            if name in SLOW:
                most = max(each.requests_per_second for each in peers)
                yield Judged(
                    f"{of}: requests per second, times {name}'s", TIMES_REQUESTS, ours.requests_per_second / most
                )
                least = min(each.p99 for each in peers)
                yield Judged(f"{of}: p99, of {name}'s", SHARE_OF_P99, ours.p99 / least, at_least=False)


def _pings(figures: Figures) -> Iterator[Judged]:
    for each in figures.pings:
        what = f"slowest /ping in seconds, {each.variant}, four bodies of 50 MB in flight ({each.bodies})"
        yield Judged(what, SECONDS_OF_PING, each.worst, at_least=False)


def _starts(figures: Figures) -> Iterator[Judged]:
    for each in figures.starts:
        if each.server == "ours":
            yield Judged(f"seconds until /ping is well, {each.variant}", SECONDS_OF_START, each.seconds, at_least=False)
            yield Judged(f"MB then, {each.variant}", MB_OF_START, each.memory, at_least=False)


def _by_name(figures: Iterable[Batches] | Iterable[SingleRows]) -> Iterator[tuple[str, list]]:
    groups: dict[str, list] = {}
    for each in figures:
        if each.server != "ours":
            groups.setdefault(each.server, []).append(each)
    yield from groups.items()
