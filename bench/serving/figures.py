"""What is measured, one figure for each server, model and way of asking."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Limit:
    """Raw XGBoost on a ready array."""

    trees: int
    rows_per_second: float
    cpu_per_row: float


@dataclass(frozen=True)
class Batches:
    """Bodies of 6 MB of CSV."""

    trees: int
    server: str
    variant: str
    clients: int
    rows_per_second: float
    cpu_per_row: float  # seconds, of all the server's processes
    client_cpu_per_row: float


@dataclass(frozen=True)
class SingleRows:
    """Single rows over 16 connections."""

    trees: int
    server: str
    variant: str
    form: str  # csv or json
    requests_per_second: float
    p50: float  # seconds
    p99: float
    cpu_per_request: float
    client_cpu_per_request: float


@dataclass(frozen=True)
class Start:
    """From nothing to the first answer that it is well."""

    server: str
    variant: str
    seconds: float
    memory: float  # MB


@dataclass(frozen=True)
class Ping:
    """/ping while four large bodies are in flight."""

    variant: str
    asked: int
    worst: float  # seconds
    p50: float
    bodies: str  # how they were answered


@dataclass(frozen=True)
class Figures:
    """All of one run; failures are of servers that could not be measured."""

    limits: list[Limit]
    batches: list[Batches]
    single_rows: list[SingleRows]
    starts: list[Start]
    pings: list[Ping]
    failures: dict[str, str]


def medians(found: Iterable[T], key: Callable[[T], object]) -> list[T]:
    """One figure for each key: of its numbers the medians."""
    groups: dict[object, list[T]] = {}
    for each in found:
        groups.setdefault(key(each), []).append(each)
    return [_middle(group) for group in groups.values()]


def _middle(group: list[T]) -> T:
    first = group[0]
    values = {
        name: median(getattr(each, name) for each in group) if isinstance(value, float) else value
        for name, value in vars(first).items()
    }
    return type(first)(**values)
