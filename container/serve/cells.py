"""Single values to the model's numbers: one meaning for every content type."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import nan

import numpy as np
from numpy.typing import NDArray

from container.signature import Feature, Signature

LARGEST = float(np.finfo(np.float32).max)
SHOWN = 80  # characters of a value that an error repeats
MOST_NAMED = 20  # columns that an error lists

Matrix = NDArray[np.float32]


class BadRequest(ValueError):
    """A body that cannot be scored; names row, column and what would be right."""


def joined(parts: Sequence[Matrix]) -> Matrix:
    """Rows that were read some at a time; raises BadRequest where there are none."""
    if not sum(map(len, parts)):
        raise BadRequest("the body has no rows: send at least one")
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def number(cell: str, feature: Feature, row: int) -> float:
    """A cell of text as the model takes it: empty is missing, and so is a category that is not listed."""
    if cell == "":
        return nan
    if feature.type == "category":
        return places(feature).get(cell, nan)
    try:
        value = float(cell)
    except ValueError:
        value = nan
    if not -LARGEST <= value <= LARGEST or "_" in cell:
        raise not_a_number(cell, feature, row)
    return value


def given(value: object, feature: Feature, row: int) -> float:
    """A value that has a type: a number, text, or nothing."""
    if value is None:
        return nan
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise BadRequest(
            f"{_where(feature, row)}: {str(value)[:SHOWN]!r} is a {type(value).__name__}; {_takes(feature)}"
        )
    if feature.type == "category" and isinstance(value, float):
        raise BadRequest(f"{_where(feature, row)}: {value!r} is no category; {_takes(feature)}")
    return number(str(value), feature, row)


def not_a_number(cell: object, feature: Feature, row: int) -> BadRequest:
    """The refusal of a value that is none of a number's."""
    return BadRequest(
        f"{_where(feature, row)}: {str(cell)[:SHOWN]!r} is not a number of 32 bits; leave it empty if missing"
        if _is_number(cell)
        else f"{_where(feature, row)}: {str(cell)[:SHOWN]!r} is not a number; leave it empty if missing"
    )


def wrong_width(found: int, row: int, signature: Signature) -> BadRequest:
    """The refusal of a row with too few or too many values."""
    return BadRequest(
        f"row {row} has {found} values; the model takes {len(signature.features)}, without the entity: "
        + names(signature)
    )


def order_of(columns: Sequence[str], signature: Signature) -> list[int]:
    """Where each feature stands among columns that have names; unknown, missing and doubled ones are named."""
    wanted = {feature.name: None for feature in signature.features}
    counted = Counter(columns)  # a body can name a million columns
    unknown = [name for name in counted if name not in wanted]
    missing = [name for name in wanted if name not in counted]
    doubled = sorted(name for name, count in counted.items() if count > 1)
    faults = [("unknown", unknown), ("missing", missing), ("given twice", doubled)]
    if any(of for _, of in faults):
        told = "; ".join(f"{what}: {', '.join(map(repr, of[:MOST_NAMED]))[:400]}" for what, of in faults if of)
        raise BadRequest(f"the columns are not the model's: {told}. It takes, in any order: {names(signature)}")
    found = {name: place for place, name in enumerate(columns)}
    return [found[name] for name in wanted]


def names(signature: Signature) -> str:
    """The features as an error lists them."""
    return ", ".join(feature.name for feature in signature.features)


@lru_cache(maxsize=256)
def places(feature: Feature) -> dict[str, float]:
    """The model's number of each category."""
    return {category: float(place) for place, category in enumerate(feature.categories)}


def _where(feature: Feature, row: int) -> str:
    return f"row {row}, column {feature.name!r}"


def _takes(feature: Feature) -> str:
    wanted = "text" if feature.type == "category" else "a number"
    return f"send {wanted}, or null if missing"


def _is_number(cell: object) -> bool:
    try:
        return "_" not in str(cell) and LARGEST < abs(float(str(cell))) < float("inf")
    except ValueError:
        return False
