"""Where two teachers agree, how often that is right, and which of it may be learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.label.calibration import Probabilities
from container.rows import Vector
from evergreen.teachers import ClassAgreement, Teachers, TeachersReport

LEAST_AUDITED = 5  # items of a class on which both agree: fewer tell nothing of how often that is right
NONE = -1
Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Agreement:
    """What both teachers say of some rows: a class's place, or NONE; and how sure the two are."""

    labels: Labels
    confidences: tuple[Vector, Vector]

    @classmethod
    def of(cls, first: Probabilities, second: Probabilities, confidence: float) -> "Agreement":
        """Both name one class, and each is that sure of it."""
        labels = first.argmax(axis=1)
        sure = first.max(axis=1, initial=0), second.max(axis=1, initial=0)
        same = (labels == second.argmax(axis=1)) & (sure[0] >= confidence) & (sure[1] >= confidence)
        return cls(np.where(same, labels, NONE), sure)

    def count(self, label: int) -> int:
        return int((self.labels == label).sum())


@dataclass(frozen=True)
class Asked:
    """What both teachers say of samples, and of recent items whose outcome is known."""

    samples: Agreement
    audit: Agreement
    truth: Vector  # of the latter


def chosen(
    asked: Asked, training: Vector, classes: Sequence[str], rules: Teachers
) -> tuple[NDArray[np.intp], TeachersReport]:
    """The places of the samples that may be learned from, and what is to be said of it.

    Samples come in order of what is to be learned from them, so that of too many the first are taken.
    """
    samples, audit, truth = asked.samples, asked.audit, asked.truth
    agreed = audit.labels != NONE
    right = audit.labels[agreed] == truth[agreed]
    precision = float(right.mean()) if agreed.any() else None
    of_class = [_of_class(place, asked) for place in range(len(classes))]
    reason = _refused(int(agreed.sum()), precision, rules)
    kept: list[NDArray[np.intp]] = []
    for place, found in enumerate(of_class):
        most = int(rules.max_share * (training == place).sum())
        if not reason and _may_teach(found, rules):
            kept.append(np.flatnonzero(samples.labels == place)[:most])
            of_class[place] = found.model_copy(update={"labelled": len(kept[-1])})
    places = np.sort(np.concatenate(kept)) if kept else np.empty(0, dtype=np.intp)
    report = TeachersReport(
        samples=len(samples.labels),
        agreed=int((samples.labels != NONE).sum()),
        labelled=len(places),
        weight=rules.weight,
        min_agreement=rules.min_agreement,
        audit_rows=len(truth),
        audited=int(agreed.sum()),
        precision=precision,
        classes=dict(zip(classes, of_class, strict=True)),
        reason=reason or _used(dict(zip(classes, of_class, strict=True)), rules),
    )
    return places, report


def _of_class(place: int, asked: Asked) -> ClassAgreement:
    said = asked.audit.labels == place
    precision = float((asked.truth[said] == place).mean()) if said.any() else None
    return ClassAgreement(agreed=asked.samples.count(place), audited=int(said.sum()), precision=precision)


def _may_teach(found: ClassAgreement, rules: Teachers) -> bool:
    known = found.precision is not None and found.audited >= LEAST_AUDITED
    return known and (found.precision or 0.0) >= rules.min_agreement


def _refused(audited: int, precision: float | None, rules: Teachers) -> str:
    """Why none of the samples is learned from, or nothing."""
    if precision is None or audited < LEAST_AUDITED:
        return (
            f"none is learned from: only {audited} recent items with an outcome show whether they are right, "
            f"and {LEAST_AUDITED} are the fewest that tell anything"
        )
    if precision < rules.min_agreement:
        return f"none is learned from: they must be right in {rules.min_agreement:.0%}"
    return ""


def _used(classes: dict[str, ClassAgreement], rules: Teachers) -> str:
    learned = [f"{each.labelled:,} of class {name!r}" for name, each in classes.items() if each.labelled]
    left_out = [name for name, each in classes.items() if each.agreed and not _may_teach(each, rules)]
    told = f"learned from with weight {rules.weight:g}: {', '.join(learned)}" if learned else "none is learned from"
    if left_out:
        told += (
            f"; left out, for too few or too often wrong where the outcome is known: {', '.join(map(repr, left_out))}"
        )
    return told
