"""A model's numbers as a request to an endpoint, whose server turns them into the very same numbers."""

import json
from math import isnan

from container.rows import Matrix
from container.signature import Feature, Signature


def instances(values: Matrix, signature: Signature) -> bytes:
    """`{"instances": [[…], …]}`: categories by their names, what is missing as null."""
    rows = [
        [_value(cell, feature) for cell, feature in zip(row, signature.features, strict=True)]
        for row in values.tolist()
    ]
    return json.dumps({"instances": rows}).encode()


def _value(cell: float, feature: Feature) -> float | str | None:
    if isnan(cell):
        return None
    return feature.categories[int(cell)] if feature.type == "category" else cell
