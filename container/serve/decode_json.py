"""JSON bodies to the model's numbers: SageMaker's forms, pandas' split form, and one row per line."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from container.serve.cells import BadRequest, Matrix, given, order_of, wrong_width
from container.signature import Feature, Signature

FORMS = '{"instances": [[…] or {…}, …]}, {"dataframe_split": {"columns": […], "data": [[…], …]}}'
PLAIN = (int, float, type(None))


def from_json(body: bytes, signature: Signature) -> Matrix:
    """Decode `{"instances": [[…] or {…}, …]}` or pandas' split form, missing values null."""
    document = _parsed(body, "the body")
    if isinstance(document, dict):
        split = document.get("dataframe_split", document)
        if isinstance(split, dict) and {"columns", "data"} <= split.keys():
            return _split(split["columns"], split["data"], signature)
        if "instances" in document:
            if not isinstance(document["instances"], list):
                raise BadRequest("instances must be a list of rows, each a list of values or an object")
            return _matrix(document["instances"], signature)
    raise BadRequest(f"the body must be JSON of the form {FORMS}; it has neither instances nor columns and data")


def from_lines(body: bytes, signature: Signature) -> Matrix:
    """Decode one JSON list or object per line."""
    lines = body.rstrip(b"\r\n").split(b"\n")
    return _matrix([_parsed(line, f"row {number}") for number, line in enumerate(lines, start=1)], signature)


def _parsed(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        hint = "; NaN and Infinity are no JSON, send null if missing" if b"NaN" in text or b"Infinity" in text else ""
        raise BadRequest(f"{what} is not JSON: {error}{hint}. It must be of the form {FORMS}") from None


def _split(columns: Any, data: Any, signature: Signature) -> Matrix:
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise BadRequest("columns must be a list of names")
    if not isinstance(data, list):
        raise BadRequest("data must be a list of rows, each a list of values")
    return _matrix(data, signature, order_of(columns, signature))


def _matrix(rows: list[Any], signature: Signature, order: Sequence[int] | None = None) -> Matrix:
    if not rows:
        raise BadRequest("the body has no rows: send at least one")
    features = signature.features
    aligned = [_row(row, number, signature, order) for number, row in enumerate(rows, start=1)]
    values = np.empty((len(rows), len(features)), dtype=np.float32)
    for place, feature in enumerate(features):
        values[:, place] = _column([row[place] for row in aligned], feature)
    return values


def _row(row: Any, number: int, signature: Signature, order: Sequence[int] | None) -> Sequence[Any]:
    """The values of a row in the signature's order."""
    features = signature.features
    if isinstance(row, dict):
        if row.keys() == {"features"} and isinstance(row["features"], list):
            row = row["features"]  # SageMaker's form of dense rows
        else:
            try:
                order_of(list(row), signature)
            except BadRequest as error:
                raise BadRequest(f"row {number}: {error}") from None
            return [row[feature.name] for feature in features]
    if not isinstance(row, list):
        raise BadRequest(
            f"row {number} must be a list of values or an object, as in instances, and is {str(row)[:40]!r}"
        )
    if len(row) != len(features):
        raise wrong_width(len(row), number, signature)
    return row if order is None else [row[place] for place in order]


def _column(cells: list[Any], feature: Feature) -> Any:
    if feature.type != "category" and all(type(cell) in PLAIN for cell in cells):
        with np.errstate(over="ignore"):
            values = np.array(cells, dtype=np.float64).astype(np.float32)
        if np.isfinite(values).sum() == len(cells) - sum(cell is None for cell in cells):
            return values
    return [given(cell, feature, number) for number, cell in enumerate(cells, start=1)]
