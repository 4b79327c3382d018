"""Which plots a task has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.report.model import classes, confusion, curves, numbers
from container.report.model.chart import Plot
from container.report.model.subject import Subject
from container.rows import Vector
from evergreen.evaluation import Role


@dataclass(frozen=True)
class Group:
    """Plots that answer one question."""

    title: str
    plots: list[Plot]


def gallery(subject: Subject) -> list[Group]:
    """All plots of the hold-out; none where nobody was scored."""
    if not subject.predictions:
        return []
    match subject.signature.task:
        case "regression":
            return [_numbers(subject, subject.signature.target, np.arange(len(subject.rows.targets)))]
        case "binary":
            return [_probabilities(subject)]
        case "time_to_event":
            days = _numbers(subject, "days", np.flatnonzero(subject.happened), "After how many days")
            return [_probabilities(subject, "Whether it comes"), days]
    return [_classes(subject)]


def _numbers(subject: Subject, what: str, rows: NDArray[np.intp], title: str = "How near predictions come") -> Group:
    actual = subject.rows.targets[rows]
    predicted = {role: each[rows, 0].astype(np.float64) for role, each in subject.predictions.items()}
    return Group(title, numbers.plots(what, actual, predicted))


def _probabilities(subject: Subject, title: str = "How well it tells rows apart") -> Group:
    happened, said, event = subject.happened, subject.probabilities(), subject.event
    names = ("no", "yes") if subject.signature.task == "time_to_event" else subject.signature.classes
    matrices: dict[Role, NDArray[np.int64]] = {
        role: confusion.matrix(happened.astype(np.intp), (each >= subject.threshold(role)).astype(np.intp), 2)
        for role, each in said.items()
        if role != "baseline"
    }
    from_on = ", ".join(f"{100 * subject.threshold(role):.3g}% ({role})" for role in matrices)
    note = f"Taken for “{event}”: whoever has a probability of at least {from_on}."
    plots = [curves.roc(happened, said), curves.precision_recall(happened, said)]
    plots += [curves.calibration(happened, said, event), confusion.confusion(matrices, names, note)]
    return Group(title, plots)


def _classes(subject: Subject) -> Group:
    truth, names = subject.rows.targets.astype(np.intp), subject.signature.classes
    matrices: dict[Role, NDArray[np.int64]] = {}
    sure: dict[Role, Vector] = {}
    right: dict[Role, NDArray[np.bool_]] = {}
    for role, each in subject.predictions.items():
        if role != "baseline":
            told = each.argmax(axis=1)
            matrices[role] = confusion.matrix(truth, told, len(names))
            sure[role], right[role] = each.max(axis=1).astype(np.float64), told == truth
    plots = [
        confusion.confusion(matrices, names, "Each row of a square is one actual class: what it is taken for."),
        classes.by_class(matrices, names),
        curves.calibration(right, sure, "the label told"),
    ]
    return Group("How well it tells classes apart", plots)
