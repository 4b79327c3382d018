"""JSON bodies to the model's numbers: a document with rows in it, and one row per line."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from container.serve.cells import BadRequest, Matrix, given, joined, order_of, wrong_width
from container.serve.json_pieces import PIECE, LargeDocument, check_beside, lines, parsed, rows_of
from container.signature import Feature, Signature

PLAIN = (int, float, type(None))


def from_json(body: bytes, signature: Signature) -> Matrix:
    """Decode `{"instances": [[…] or {…}, …]}` or pandas' split form, missing values null."""
    if len(body) > PIECE:
        large = LargeDocument.of(body)
        if large is not None:
            return _from_large(large, signature)
        check_beside(body)
    columns, rows = rows_of(parsed(body, "the body"))
    if not isinstance(rows, list):
        raise BadRequest(
            "data must be a list of rows, each a list of values"
            if columns is not None
            else "instances must be a list of rows, each a list of values or an object"
        )
    return _matrix([rows], signature, _order(columns, signature))


def from_lines(body: bytes, signature: Signature) -> Matrix:
    """Decode one JSON list or object per line."""
    return _matrix(lines(body), signature)


def _from_large(large: LargeDocument, signature: Signature) -> Matrix:
    """The rows' order may be told after them, so then they are looked through twice."""
    order = _order(rows_of(large.rest())[0], signature) if large.split else None
    values = _matrix(large.pieces(), signature, order)
    columns, rows = rows_of(large.rest())
    if rows != [] or (columns is not None) != large.split:
        raise BadRequest("the body has rows in two places: send instances, or columns and data")
    return values


def _order(columns: Any, signature: Signature) -> list[int] | None:
    if columns is None:
        return None
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise BadRequest("columns must be a list of names")
    return order_of(columns, signature)


def _matrix(pieces: Iterable[list[Any]], signature: Signature, order: Sequence[int] | None = None) -> Matrix:
    parts, rows = list[Matrix](), 0
    for piece in pieces:
        parts.append(_values(piece, rows + 1, signature, order))
        rows += len(piece)
    return joined(parts)


def _values(rows: list[Any], first: int, signature: Signature, order: Sequence[int] | None) -> Matrix:
    features = signature.features
    aligned = [_row(row, number, signature, order) for number, row in enumerate(rows, start=first)]
    values = np.empty((len(rows), len(features)), dtype=np.float32)
    for place, feature in enumerate(features):
        values[:, place] = _column([row[place] for row in aligned], feature, first)
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


def _column(cells: list[Any], feature: Feature, first: int) -> Any:
    if feature.type != "category" and all(type(cell) in PLAIN for cell in cells):
        with np.errstate(over="ignore"):
            values = np.array(cells, dtype=np.float64).astype(np.float32)
        if np.isfinite(values).sum() == len(cells) - sum(cell is None for cell in cells):
            return values
    return [given(cell, feature, number) for number, cell in enumerate(cells, start=first)]
