"""CSV bodies to the model's numbers, refusing what does not fit by row and column."""

import csv
from collections.abc import Iterator, Sequence

import numpy as np

from container.serve.cells import BadRequest, Matrix, number, order_of, wrong_width
from container.signature import Signature

SMALL_BODY = 16_384  # bytes; below, plain Python is quicker than pyarrow

__all__ = ["SMALL_BODY", "BadRequest", "Matrix", "from_csv"]


def from_csv(body: bytes, signature: Signature, header: str | None = None) -> Matrix:
    """Decode lines, missing values empty: in the signature's order, or in any order under a header.

    A first line with more of the features' names than other values is a header; `header` ("present" or "absent", as
    RFC 4180 has it beside text/csv) decides where that is not meant.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    end = body.find(b"\n") if b"\n" in body else len(body)
    columns = _columns(body[:end], signature, header)
    if columns is not None:
        body = body[end + 1 :]
        if not body.strip():
            raise BadRequest("the body is a header without rows: send one line per row")
    order = None if columns is None else order_of(columns, signature)
    first = 1 if columns is None else 2  # a line's number is what people see in their file
    if len(body) > SMALL_BODY:
        from container.serve.decode_large import from_large_csv  # noqa: PLC0415  # 100 ms that the start need not pay

        values = from_large_csv(body, signature, order)
        if values is not None:
            return values
    return _matrix(_text(body).removesuffix("\n").split("\n"), signature, order, first)


def _columns(line: bytes, signature: Signature, header: str | None) -> list[str] | None:
    if header == "absent":
        return None
    names = {feature.name for feature in signature.features}
    if header != "present" and not any(name.encode() in line for name in names):
        return None
    try:
        cells = next(csv.reader([line.decode(errors="replace").rstrip("\r")]), [])
    except csv.Error as error:  # a carriage return in it, or more characters than a value has
        raise BadRequest(f"the header cannot be read: {error}; end lines with a line feed") from None
    known = sum(cell in names for cell in cells)
    return cells if header == "present" or 2 * known > len(cells) else None


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"byte {error.start} of the body is not UTF-8; send UTF-8") from None


def _rows(lines: Sequence[str], first: int) -> Iterator[list[str]]:
    """One line after the other: all values of a large body at once would take twenty times its size."""
    for place, line in enumerate(lines, start=first):
        row = line.rstrip("\r")
        if "\r" in row:
            raise BadRequest(
                f"row {place} has a carriage return in it; end lines with a line feed, and have none in them"
            )
        if '"' not in row:
            yield row.split(",")
            continue
        try:
            yield next(csv.reader([row], strict=True))
        except (csv.Error, StopIteration) as error:
            raise BadRequest(
                f"row {place}: its quotes do not end on its line ({error}); no value may have a line break"
            ) from None


def _matrix(lines: Sequence[str], signature: Signature, order: Sequence[int] | None, first: int) -> Matrix:
    features = signature.features
    values = np.empty((len(lines), len(features)), dtype=np.float32)
    for place, row in enumerate(_rows(lines, first)):
        line = place + first
        if len(row) != len(features):
            raise wrong_width(len(row), line, signature)
        cells = row if order is None else [row[each] for each in order]
        values[place] = [number(cell, feature, line) for cell, feature in zip(cells, features, strict=True)]
    return values
