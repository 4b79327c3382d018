"""Classes: rows hold a label's place in the signature's classes."""

import numpy as np

from container.rows import Vector
from container.signature import Signature


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
