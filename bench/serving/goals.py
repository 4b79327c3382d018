"""The goals, judged on one run's figures: of several numbers of clients and forms of request by the worst."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bench.serving.figures import Batches, Figures, SingleRows

SHARE_OF_LIMIT = {400: 0.80, 100: 0.50}
TIMES_CPU = {(400, "flask"): 1.25, (400, "mlflow"): 1.25, (100, "flask"): 1.8}
AHEAD = 1.0
TIMES_REQUESTS, SHARE_OF_P99, SLOW = 5.0, 0.5, ("flask", "mlflow", "bentoml")
SECONDS_OF_PING, SECONDS_OF_START, MB_OF_START = 0.5, 1.0, 200.0

T = TypeVar("T", Batches, SingleRows)


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
        return f"{'reached' if self.reached else 'MISSED':<7} {self.found:8.3f}  {sign} {self.goal:<5g}  {self.what}"


def judged(figures: Figures) -> list[Judged]:
    """Every goal of which there are figures."""
    return [*_batches(figures), *_pings(figures), *_single_rows(figures), *_starts(figures)]


def _batches(figures: Figures) -> Iterator[Judged]:
    for limit in figures.limits:
        found = [each for each in figures.batches if each.trees == limit.trees]
        ours = {each.clients: each for each in found if each.server == "ours"}
        if not ours:
            continue
        of = f"{limit.trees} trees, 6 MB of CSV"
        share = min(limit.cpu_per_row / each.cpu_per_row for each in ours.values())
        yield Judged(f"{of}: share of the limit, by CPU per row", SHARE_OF_LIMIT[limit.trees], share)
        for (server, variant), peers in _by_server(found).items():
            goal = TIMES_CPU.get((limit.trees, server), AHEAD)
            times = min(each.cpu_per_row / ours[each.clients].cpu_per_row for each in peers)
            yield Judged(f"{of}: rows per CPU second, times those of {server} {variant}", goal, times)
            times = min(ours[each.clients].rows_per_second / each.rows_per_second for each in peers)
            yield Judged(f"{of}: rows per second, times those of {server} {variant}", AHEAD, times)


def _single_rows(figures: Figures) -> Iterator[Judged]:
    for trees in dict.fromkeys(each.trees for each in figures.single_rows):
        found = [each for each in figures.single_rows if each.trees == trees]
        ours = {each.form: each for each in found if each.server == "ours"}
        for (server, variant), peers in _by_server(found).items() if ours else ():
            if server in SLOW:
                of, whose = f"{trees} trees, single rows", f"those of {server} {variant}"
                times = min(ours[each.form].requests_per_second / each.requests_per_second for each in peers)
                yield Judged(f"{of}: requests per second, times {whose}", TIMES_REQUESTS, times)
                share = max(ours[each.form].p99 / each.p99 for each in peers)
                yield Judged(f"{of}: p99, part of {whose}", SHARE_OF_P99, share, at_least=False)


def _pings(figures: Figures) -> Iterator[Judged]:
    for each in figures.pings:
        what = f"s, slowest /ping, {each.variant}, four bodies of 50 MB in flight ({each.bodies})"
        yield Judged(what, SECONDS_OF_PING, each.worst, at_least=False)


def _starts(figures: Figures) -> Iterator[Judged]:
    for each in figures.starts:
        if each.server == "ours":
            yield Judged(f"s from start to /ping, {each.variant}", SECONDS_OF_START, each.seconds, at_least=False)
            yield Judged(f"MB then, {each.variant}", MB_OF_START, each.memory, at_least=False)


def _by_server(figures: Iterable[T]) -> dict[tuple[str, str], list[T]]:
    """The peers' figures by name and variant."""
    groups: dict[tuple[str, str], list[T]] = {}
    for each in figures:
        if each.server != "ours":
            groups.setdefault((each.server, each.variant), []).append(each)
    return groups
