"""Answers as the response's text: one line or item per row, in the order of the rows."""

from collections.abc import Iterable, Iterator

import orjson

from container.signature import Signature
from container.tasks.definition import Answer

ROWS_AT_ONCE = 20_000


def to_csv(answer: Answer, signature: Signature) -> bytes:
    """Encode as lines of the signature's outputs."""
    return b"".join(_lines(part, signature) for part in _parts(answer))


def to_json(answer: Answer, signature: Signature) -> bytes:
    """Encode as `{"predictions": [{…}, …]}`, each with the signature's outputs by name."""
    parts = (orjson.dumps(_rows(part, signature))[1:-1] for part in _parts(answer))
    return b'{"predictions":[' + b",".join(parts) + b"]}"


def to_lines(answer: Answer, signature: Signature) -> bytes:
    """Encode as one JSON object per line, with the signature's outputs by name."""
    return b"".join(
        orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for part in _parts(answer) for row in _rows(part, signature)
    )


def _parts(answer: Answer) -> Iterator[Answer]:
    """Some rows at a time, for no encoder lets go of the interpreter before it is through."""
    for first in range(0, len(answer.numbers), ROWS_AT_ONCE):
        yield answer.rows(slice(first, first + ROWS_AT_ONCE))


def _lines(answer: Answer, signature: Signature) -> bytes:
    lines = orjson.dumps(answer.numbers, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].replace(b"],[", b"\n")
    if answer.labels is None:
        return lines + b"\n"
    before = [label.encode() + b"," for label in signature.classes]
    labelled = [before[place] + line for place, line in zip(answer.labels.tolist(), lines.split(b"\n"), strict=True)]
    return b"\n".join(labelled) + b"\n"


def _rows(answer: Answer, signature: Signature) -> list[dict[str, float | str]]:
    columns: list[Iterable[float | str]] = [column.tolist() for column in answer.numbers.T]
    if answer.labels is not None:
        columns.insert(0, (signature.classes[place] for place in answer.labels.tolist()))
    return [dict(zip(signature.outputs, row, strict=True)) for row in zip(*columns, strict=True)]
