"""Request bodies to the model's numbers, refusing what does not fit by row and column."""

import json
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from container.signature import Feature, Signature

SMALL_BODY = 16_384  # bytes; below, plain Python is quicker than setting up pyarrow

Matrix = NDArray[np.float32]


class BadRequest(ValueError):
    """A body that cannot be scored; names row, column and what would be right."""


def from_csv(body: bytes, signature: Signature) -> Matrix:
    """Decode lines without a header: the features in the signature's order, missing values empty."""
    if len(body) > SMALL_BODY:
        from container.serve.decode_large import from_large_csv  # noqa: PLC0415  # 100 ms that the start need not pay

        values = from_large_csv(body, signature)
        if values is not None:
            return values
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"byte {error.start} of the body is not UTF-8") from None
    lines = text.removesuffix("\n").replace("\r", "").split("\n")
    return _matrix([line.split(",") for line in lines], signature)


def from_json(body: bytes, signature: Signature) -> Matrix:
    """Decode `{"instances": [[…], …]}`, missing values null."""
    try:
        instances = json.loads(body)["instances"]
    except (ValueError, KeyError, TypeError):
        raise BadRequest('the body must be JSON of the form {"instances": [[…], …]}') from None
    if not isinstance(instances, list) or not all(isinstance(row, list) for row in instances):
        raise BadRequest("instances must be a list of rows, each a list of values")
    return _matrix([["" if cell is None else str(cell) for cell in row] for row in instances], signature)


def _matrix(rows: Sequence[Sequence[str]], signature: Signature) -> Matrix:
    features = signature.features
    values = np.empty((len(rows), len(features)), dtype=np.float32)
    for number, row in enumerate(rows, start=1):
        if len(row) != len(features):
            raise BadRequest(
                f"row {number} has {len(row)} values; the model takes {len(features)}, without the entity: "
                + ", ".join(feature.name for feature in features)
            )
        values[number - 1] = [_value(cell, feature, number) for cell, feature in zip(row, features, strict=True)]
    return values


def _value(cell: str, feature: Feature, row: int) -> float:
    if cell == "":
        return nan
    if feature.type == "category":
        return _places(feature).get(cell, nan)
    try:
        value = float(cell)
    except ValueError:
        value = nan
    if not isfinite(value) or "_" in cell:
        raise BadRequest(
            f"row {row}, column {feature.name!r}: {cell[:80]!r} is not a number; leave it empty if missing"
        )
    return value


@lru_cache(maxsize=256)
def _places(feature: Feature) -> dict[str, float]:
    return {category: float(place) for place, category in enumerate(feature.categories)}
