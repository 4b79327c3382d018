"""The classes that a table's labels give, or why they give none."""

from collections.abc import Mapping
from dataclasses import dataclass

from container.prepare.prepared_rows import Poisoned, Unusable

MOST_CLASSES = 100
LEAST_ROWS, LEAST_TRAIN_ROWS = 5, 2  # of a class among several: fewer can be neither learned nor judged
SHOWN = 10


@dataclass(frozen=True)
class ClassRows:
    """How many labelled rows a class has, and how many of them are training rows."""

    rows: int
    train: int


def two_classes(column: str, positive: str, found: Mapping[str, ClassRows]) -> tuple[str, str]:
    """The negative class, then the positive one. Raises Unusable."""
    if positive not in found:
        raise Unusable(
            f"no row of {column!r} is {positive!r}, the positive class of the contract; it holds {_listed(found)}. "
            "Set target.positive to one of the values, or wait for rows that have it"
        )
    others = [label for label in found if label != positive]
    if not others:
        raise Unusable(f"every row of {column!r} is {positive!r}: with one class there is nothing to tell apart")
    if len(others) > 1:
        raise Poisoned(
            f"{column!r} holds {len(found)} values, {_listed(found)}; a binary target has two. "
            "Mend the rows, or use task multiclass"
        )
    return others[0], positive


def several_classes(column: str, found: Mapping[str, ClassRows], whole: bool) -> tuple[tuple[str, ...], str | None]:
    """The classes in order, and a sentence about those that are too rare. Raises Unusable."""
    kept = [label for label, of in found.items() if of.rows >= LEAST_ROWS and of.train >= LEAST_TRAIN_ROWS]
    rare = {label: of for label, of in found.items() if label not in kept}
    if len(kept) > MOST_CLASSES:
        raise Poisoned(
            f"{column!r} holds {len(kept):,} different values; {MOST_CLASSES} classes are the most. "
            "If it is a number, use task regression"
        )
    if len(kept) < 2:
        raise Unusable(
            f"{column!r} has {len(kept)} class{'' if len(kept) == 1 else 'es'} with at least {LEAST_ROWS} rows, "
            f"{LEAST_TRAIN_ROWS} of them to learn from; two are needed. It holds {_listed(found)}"
        )
    rows = sum(of.rows for of in rare.values())
    told = f"{_rows(rows)} left out, for their classes are too rare to learn: {_listed(rare)}" if rare else None
    return tuple(sorted(kept, key=int if whole else None)), told


def _listed(found: Mapping[str, ClassRows]) -> str:
    """The values, the most frequent first."""
    ordered = sorted(found.items(), key=lambda item: (-item[1].rows, item[0]))
    more = f" and {len(ordered) - SHOWN:,} more" if len(ordered) > SHOWN else ""
    return ", ".join(f"{label!r} ({of.rows:,})" for label, of in ordered[:SHOWN]) + more


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"
