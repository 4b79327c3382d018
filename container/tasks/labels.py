"""Classes: rows hold a label's place in the signature's classes."""

import numpy as np
from numpy.typing import NDArray

from container.rows import Vector
from container.signature import Signature
from evergreen.metrics import Task


def happened(targets: Vector, task: Task) -> NDArray[np.bool_] | None:
    """Which rows have the event or are of the positive class; None in tasks of more than two outcomes."""
    if task == "time_to_event":
        return ~np.isnan(targets)
    return targets == 1 if task == "binary" else None


def class_counts(targets: Vector, signature: Signature) -> dict[str, int]:
    """How many rows each class has."""
    counts = np.bincount(targets.astype(np.intp), minlength=len(signature.classes))
    return dict(zip(signature.classes, counts.tolist(), strict=True))


def one_class(targets: Vector, signature: Signature) -> str | None:
    """Why rows of one class cannot be used, or None."""
    found = np.unique(targets).astype(np.intp)
    if len(found) > 1:
        return None
    label = signature.classes[found[0]]
    return f"all of the {len(targets)} rows are of class {label!r} of {signature.target!r}: nothing to tell apart"
