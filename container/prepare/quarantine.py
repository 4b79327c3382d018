"""Quarantine: every rejected row and refused file, with line, column, value and reason."""

import csv
import re
from collections import Counter
from pathlib import Path
from types import TracebackType

from container.prepare.column_types import DECIMAL
from evergreen.manifest import Rejection

SHOWN = 20  # rejections that the report itself carries
LONGEST_VALUE = 200  # characters, in the report
LONGEST_WRITTEN = 1_000  # characters of a value, in rejected.csv
LONGEST_REASON = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


class Quarantine:
    """rejected.csv, written as rejections come, so that any number of them fits in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._files: list[Rejection] = []
        self._rows: list[Rejection] = []
        self._counts: Counter[str] = Counter()
        self._stream = (folder / "rejected.csv").open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(Rejection.model_fields)

    @property
    def first(self) -> list[Rejection]:
        """The first few rejections, refused files before rows."""
        return [*self._files, *self._rows][:SHOWN]

    @property
    def counts_by_rule(self) -> dict[str, int]:
        """How often each rule was broken, by rows and by whole files, the most frequent first."""
        return dict(self._counts.most_common())

    def add(self, rejection: Rejection) -> None:
        """Write down one row's rejection."""
        self._write(rejection, self._rows)

    def refuse(self, rejection: Rejection) -> None:
        """Write down that a file is refused whole."""
        self._write(rejection, self._files)

    def _write(self, rejection: Rejection, shown: list[Rejection]) -> None:
        self._counts[rejection.rule] += 1
        reason, value = rejection.reason[:LONGEST_REASON], rejection.value
        if len(shown) < SHOWN:
            shown.append(rejection.model_copy(update={"value": value and value[:LONGEST_VALUE], "reason": reason}))
        value = value and value[:LONGEST_WRITTEN]
        row = (rejection.file, rejection.line, rejection.column, value, rejection.rule, reason)
        self._writer.writerow([_harmless(cell) for cell in row])

    def __enter__(self) -> "Quarantine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the file, so that it is whole for whoever reads it."""
        self._stream.close()


def _harmless(value: str | int | None) -> str | int | None:
    """A value that a spreadsheet shows and does not run."""
    if isinstance(value, str) and value.startswith(FORMULA) and not re.fullmatch(DECIMAL, value):
        return f"'{value}"
    return value
