"""Leaks: features that tell the target all alone, as what is known only afterwards does."""

from collections.abc import Collection, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from container.evaluate.binned import BinnedColumn, halves
from container.evaluate.slices import shortened
from container.metrics import Flags
from container.rows import LabelledRows, Vector, column_values
from container.signature import Feature, Signature
from container.tasks.labels import happened
from evergreen.evaluation import Leak

TOO_GOOD = 0.995  # area under the curve or correlation of ranks
TOO_MANY = 0.98  # of the rows that are not of the most frequent class, told right
MOST_ROWS = 20_000  # that are looked at; of two classes as many of each
LEAST_ROWS = 20  # of either class, and of numbers
FLAG_ROWS = 8  # that have a value, all of which are of the rarer class
FLAG_SHARE = 0.05  # of that class's rows
MOST_LEAKS = 50
CHANCE = 1e-9  # that a value goes with one class in all its rows, though it says nothing


def leaks(rows: LabelledRows, signature: Signature, trusted: Collection[str]) -> tuple[Leak, ...]:
    """Every feature that tells the target nearly perfectly on the hold-out; what the contract trusts is marked."""
    targets = rows.targets
    some = _looked_at(targets, signature)
    found: list[Leak] = []
    for feature in signature.features:
        if sum(not leak.trusted for leak in found) == MOST_LEAKS:
            break
        values = _values(feature, rows, some)
        if not np.isnan(values).all():
            reasons = _reasons(BinnedColumn.of(values, feature), targets[some], signature)
            known = feature.name in trusted
            found += [Leak(column=feature.name, reason=reason, trusted=known) for reason in islice(reasons, 1)]
    return tuple(found)


def _looked_at(targets: Vector, signature: Signature) -> NDArray[np.intp]:
    """A sample of the rows, in which of two classes the rare one is not missing."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(targets))
    hits = happened(targets, signature.task)
    if hits is None:
        return order[:MOST_ROWS]
    halves = (order[hits[order]][: MOST_ROWS // 2], order[~hits[order]][: MOST_ROWS // 2])
    return np.asarray(generator.permutation(np.concatenate(halves)))


def _values(feature: Feature, rows: LabelledRows, some: NDArray[np.intp]) -> Vector:
    return column_values(feature, rows.table.column(feature.name)).astype(np.float64)[some]


def _reasons(column: BinnedColumn, targets: Vector, signature: Signature) -> Iterator[str]:
    match signature.task:
        case "binary":
            yield from _of_event(column, targets == 1, signature.classes[1])
        case "time_to_event":
            came = ~np.isnan(targets)
            yield from _of_event(column, came, "the event")
            alone = BinnedColumn(column.values[came], column.bins[came], column.names)
            yield from _of_number(alone, targets[came], f"{signature.target!r} of those whose event came")
        case "regression":
            yield from _of_number(column, targets, repr(signature.target))
        case "multiclass":
            yield from _of_classes(column, targets.astype(np.intp), signature)


def _of_event(column: BinnedColumn, hit: Flags, label: str) -> Iterator[str]:
    few = min(hit.sum(), (~hit).sum())
    if few >= LEAST_ROWS:
        guessed = column.guessed(hit.astype(np.float64))
        scores = [guessed, *(() if column.discrete else _with_missing_at_either_end(column.values))]
        best = max(max(area, 1 - area) for area in (_area(hit, score) for score in scores))
        if best >= TOO_GOOD:
            yield f"alone tells {label!r} from all else on the hold-out (ROC-AUC {best:.3f})"
    if column.discrete:
        yield from _flag(column, hit, label)


def _with_missing_at_either_end(values: Vector) -> list[Vector]:
    missing = np.isnan(values)
    return [np.where(missing, end, values) for end in (-np.inf, np.inf)] if missing.any() else [values]


def _area(hit: Flags, score: Vector) -> float:
    """The chance that a row with the event has the higher score, ties counting one half."""
    hits, others = np.sort(score[hit]), np.sort(score[~hit])
    below = np.searchsorted(others, hits, "left").mean() + np.searchsorted(others, hits, "right").mean()
    return float(below / (2 * len(others)))


def _flag(column: BinnedColumn, hit: Flags, label: str) -> Iterator[str]:
    """A value that only rows of the rarer class have."""
    counts, hits = (np.bincount(column.bins, weights) for weights in (None, hit))
    base = hit.mean()
    sure = np.flatnonzero((hits == counts) & (counts >= FLAG_ROWS) & (hits >= FLAG_SHARE * hit.sum()))
    for place in sure:
        if base <= 0.5 and base ** counts[place] < CHANCE:
            share, value = hits[place] / hit.sum(), shortened(column.names[place])
            yield (
                f"is {value!r} in {counts[place]:,.0f} hold-out rows, every one of them {label!r}: "
                f"{share:.0%} of those that are"
            )


def _of_number(column: BinnedColumn, targets: Vector, name: str) -> Iterator[str]:
    if len(targets) < LEAST_ROWS or len(np.unique(targets)) < 3:
        return
    there = ~np.isnan(column.values)
    pairs = [(column.guessed(targets), targets)]
    if there.sum() >= max(LEAST_ROWS, len(targets) / 2) and not column.discrete:
        pairs.append((column.values[there], targets[there]))
    best = max(abs(_rank_correlation(*pair)) for pair in pairs)
    if best >= TOO_GOOD:
        yield f"alone tells {name} on the hold-out (correlation of ranks {best:.3f})"


def _of_classes(column: BinnedColumn, targets: NDArray[np.intp], signature: Signature) -> Iterator[str]:
    """How much of what the most frequent class does not get is told by each bin's most frequent class."""
    classes = len(signature.classes)
    right = np.zeros(len(targets), dtype=bool)
    for fitted in halves(len(targets)):
        table = np.zeros((column.bins.max() + 1, classes))
        np.add.at(table, (column.bins[fitted], targets[fitted]), 1)
        right[~fitted] = table.argmax(axis=1)[column.bins[~fitted]] == targets[~fitted]
    guess = np.bincount(targets).max() / len(targets)
    if len(targets) * (1 - guess) < LEAST_ROWS:
        return
    told = (right.mean() - guess) / (1 - guess)
    if told >= TOO_MANY:
        yield f"alone tells the classes of {signature.target!r} on the hold-out ({right.mean():.1%} of the rows)"


def _rank_correlation(one: Vector, other: Vector) -> float:
    """Spearman's; 0 where one of them does not vary."""
    first, second = (ranks - ranks.mean() for ranks in (_ranks(one), _ranks(other)))
    spread = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / spread if spread else 0.0


def _ranks(values: Vector) -> Vector:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])
