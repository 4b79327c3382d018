"""Quarantine: every rejected row and refused file, with line, column, value and reason."""

import csv
from pathlib import Path
from types import TracebackType

from evergreen.manifest import Rejection

SHOWN = 20  # rejections that the report itself carries
LONGEST_VALUE = 200


class Quarantine:
    """rejected.csv, written as rejections come, so that any number of them fits in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._files: list[Rejection] = []
        self._rows: list[Rejection] = []
        self._stream = (folder / "rejected.csv").open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(Rejection.model_fields)

    @property
    def first(self) -> list[Rejection]:
        """The first few rejections, refused files before rows."""
        return [*self._files, *self._rows][:SHOWN]

    def add(self, rejection: Rejection) -> None:
        """Write down one row's rejection."""
        self._write(rejection, self._rows)

    def refuse(self, rejection: Rejection) -> None:
        """Write down that a file is refused whole."""
        self._write(rejection, self._files)

    def _write(self, rejection: Rejection, shown: list[Rejection]) -> None:
        if len(shown) < SHOWN:
            value = rejection.value and rejection.value[:LONGEST_VALUE]
            shown.append(rejection.model_copy(update={"value": value}))
        self._writer.writerow(rejection.model_dump().values())

    def __enter__(self) -> "Quarantine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.close()
