"""InputFilter, JoinSource and OutputFilter of a transform job, for text/csv."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.jobs.job import JobFailed

Row = list[str]
Selector = Callable[[Row], Row]


@dataclass(frozen=True)
class DataProcessing:
    """What is done to the records before and after the model sees them."""

    before: Selector | None = None
    join_input: bool = False
    after: Selector | None = None

    @classmethod
    def of(cls, settings: dict[str, str]) -> "DataProcessing":
        """The DataProcessing of a CreateTransformJob request."""
        return cls(
            before=selector(settings.get("InputFilter", "$")),
            join_input=settings.get("JoinSource", "None") == "Input",
            after=selector(settings.get("OutputFilter", "$")),
        )

    def body(self, lines: Sequence[bytes]) -> bytes:
        """What is sent to the model."""
        if self.before is None:
            return b"".join(lines)
        return b"".join(_line(self.before(row)) for row in _rows(lines))

    def result(self, lines: Sequence[bytes], predictions: Sequence[bytes]) -> bytes:
        """What is written: one line per prediction, beside its input where that is asked for."""
        if not self.join_input and self.after is None:
            return b"".join(prediction + b"\n" for prediction in predictions)
        rows = _rows(predictions)
        if self.join_input:
            rows = [given + predicted for given, predicted in zip(_rows(lines), rows, strict=True)]
        return b"".join(_line(self.after(row) if self.after else row) for row in rows)


def selector(path: str) -> Selector | None:
    """The JSONPath forms that make sense on a CSV row: `$`, `$[1:]`, `$[:-1]`, `$[0,-1]`; None keeps all."""
    if path == "$":
        return None
    if found := re.fullmatch(r"\$\[(-?\d*):(-?\d*)\]", path):
        part = slice(*(int(end) if end else None for end in found.groups()))
        return lambda row: row[part]
    if re.fullmatch(r"\$\[-?\d+(,\s*-?\d+)*\]", path):
        positions = [int(position) for position in path[2:-1].split(",")]
        return lambda row: [row[position] for position in positions]
    raise JobFailed(
        f"ClientError: the filter {path!r} is not supported; use $, a slice like $[1:] or places like $[0,-1]"
    )


def _rows(lines: Sequence[bytes]) -> list[Row]:
    rows = list(csv.reader(line.decode().rstrip("\r\n") for line in lines))
    if len(rows) != len(lines):
        raise JobFailed("ClientError: a quoted CSV field holds a line break, which SplitType Line cuts in two")
    return rows


def _line(row: Row) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue().encode()
