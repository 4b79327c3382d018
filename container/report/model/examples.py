"""A few hold-out rows explained: the extreme, the typical and the most wrong, each with what moved its prediction."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from container.algorithms.definition import Contributions
from container.report.figures import figure, share
from container.report.model.subject import Subject
from container.rows import Vector, matrix
from container.signature import AS_OF, ROW_NUMBER

MOST = 6  # features of a row; the rest are summed up
LONGEST = 40  # letters of a value


@dataclass(frozen=True)
class Pick:
    """A row worth a look, and whose prediction of it is explained."""

    why: str
    row: int
    predictor: str


@dataclass(frozen=True)
class Push:
    """What one feature adds to a prediction; `left` and `width` place its bar around the middle of 100."""

    name: str
    value: str
    amount: str
    raises: bool
    left: float
    width: float


@dataclass(frozen=True)
class Example:
    """One row, ready to be shown."""

    why: str
    entity: str
    as_of: str
    predicted: str
    actual: str
    base: str
    pushes: tuple[Push, ...]


def examples(subject: Subject) -> list[Example]:
    """Rows picked by what was said of them and what came."""
    picks = list(_distinct(_picks(subject))) if subject.predictions else []
    if not picks:
        return []
    chosen = subject.rows.table.take([pick.row for pick in picks])
    explained = subject.challenger.contributions(matrix(chosen, subject.challenger.signature))
    return [_example(subject, pick, explained[pick.predictor], place) for place, pick in enumerate(picks)]


def _distinct(picks: Iterator[Pick]) -> Iterator[Pick]:
    seen: set[tuple[int, str]] = set()
    for pick in picks:
        if (pick.row, pick.predictor) not in seen:
            seen.add((pick.row, pick.predictor))
            yield pick


def _picks(subject: Subject) -> Iterator[Pick]:
    said, targets = subject.predictions["challenger"].astype(np.float64), subject.rows.targets
    match subject.signature.task:
        case "regression":
            yield from _of_numbers(said[:, 0], targets, np.arange(len(targets)), "model")
        case "binary":
            yield from _of_probabilities(said[:, 0], targets == 1, "model")
        case "time_to_event":
            came = ~np.isnan(targets)
            yield from _of_probabilities(said[:, 1], came, "event")
            rows = np.flatnonzero(came)
            for pick in list(_of_numbers(said[rows, 0], targets[rows], rows, "duration"))[2:]:
                yield replace(pick, why=f"{pick.why}, in days")
        case "multiclass":
            yield from _of_classes(said, targets.astype(np.intp))


def _of_numbers(said: Vector, actual: Vector, rows: NDArray[np.intp], predictor: str) -> Iterator[Pick]:
    if not len(said):
        return
    yield Pick("Highest prediction", int(rows[said.argmax()]), predictor)
    yield Pick("Lowest prediction", int(rows[said.argmin()]), predictor)
    yield Pick("A typical one", int(rows[_middle(said)]), predictor)
    yield Pick("Most wrong", int(rows[np.abs(said - actual).argmax()]), predictor)


def _of_probabilities(said: Vector, came: Vector, predictor: str) -> Iterator[Pick]:
    yield Pick("Highest probability", int(said.argmax()), predictor)
    yield Pick("Lowest probability", int(said.argmin()), predictor)
    yield Pick("A typical one", _middle(said), predictor)
    if came.any():
        yield Pick("Least expected of those that came true", int(np.where(came, said, np.inf).argmin()), predictor)
    if not came.all():
        yield Pick("Most expected of those that did not", int(np.where(came, -np.inf, said).argmax()), predictor)


def _of_classes(said: Vector, truth: Vector) -> Iterator[Pick]:
    sure, told = said.max(axis=1), said.argmax(axis=1)
    right = told == truth
    if right.any():
        yield Pick("Surest, and right", int(np.where(right, sure, -np.inf).argmax()), "model")
    if not right.all():
        yield Pick("Surest, and wrong", int(np.where(right, -np.inf, sure).argmax()), "model")
    yield Pick("Least sure", int(sure.argmin()), "model")
    yield Pick("A typical one", _middle(sure), "model")


def _middle(values: Vector) -> int:
    return int(np.argsort(values, kind="stable")[len(values) // 2])


def _example(subject: Subject, pick: Pick, explained: Contributions, place: int) -> Example:
    table, signature = subject.rows.table, subject.signature
    as_of = table.column(AS_OF)[pick.row].as_py()
    entity = table.column(signature.entity)[pick.row].as_py()
    predicted, actual = _outcome(subject, pick)
    return Example(
        why=pick.why,
        entity=f"row {entity}" if signature.entity == ROW_NUMBER else f"{signature.entity} {entity}",
        as_of=str(as_of)[:10] if as_of is not None else "",
        predicted=predicted,
        actual=actual,
        base=_base(subject, pick, float(explained.base[place])),
        pushes=tuple(_pushes(subject, explained.values[place], pick.row)),
    )


def _base(subject: Subject, pick: Pick, base: float) -> str:
    """Where the explanation starts, in the unit of the prediction; of several classes there is no such number."""
    match subject.signature.task, pick.predictor:
        case ("multiclass", _):
            return ""
        case ("binary", _) | (_, "event"):
            return share(float(1 / (1 + np.exp(-base))))
    return figure(float(f"{base:.3g}"))


def _outcome(subject: Subject, pick: Pick) -> tuple[str, str]:
    said, actual = subject.predictions["challenger"][pick.row], float(subject.rows.targets[pick.row])
    signature = subject.signature
    match signature.task:
        case "regression":
            return figure(float(f"{said[0]:.4g}")), figure(actual)
        case "binary":
            return share(float(said[0])), signature.classes[int(actual)]
        case "multiclass":
            told = int(said.argmax())
            return f"{signature.classes[told]} ({share(float(said[told]))})", signature.classes[int(actual)]
    came = f"after {figure(actual)} days" if np.isfinite(actual) else f"not within {signature.horizon_days} days"
    if pick.predictor == "event":
        return share(float(said[1])), came
    return f"{figure(float(f'{said[0]:.3g}'))} days, if it comes", came


def _pushes(subject: Subject, added: Vector, row: int) -> Iterator[Push]:
    """The strongest first."""
    features = subject.challenger.signature.features
    order = np.argsort(-np.abs(added), kind="stable")
    rest = added[order[MOST:]]
    longest = max(float(np.abs(added).max()), abs(float(rest.sum()))) or 1.0
    for place in order[:MOST]:
        value = subject.rows.table.column(features[place].name)[row].as_py()
        yield _push(features[place].name, _shown(value), float(added[place]), longest)
    if len(rest):
        yield _push(f"{len(rest)} others together", "", float(rest.sum()), longest)


def _push(name: str, value: str, amount: float, longest: float) -> Push:
    width = abs(amount) / longest * 50
    sign = "+" if amount >= 0 else "−"
    left = 50.0 if amount >= 0 else 50.0 - width
    return Push(name, value, f"{sign}{figure(abs(float(f'{amount:.2g}')))}", amount >= 0, left, width)


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return figure(float(value)) if np.isfinite(value) else "missing"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
