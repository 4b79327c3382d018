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
        self.first: list[Rejection] = []
        self._stream = (folder / "rejected.csv").open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(Rejection.model_fields)

    def add(self, rejection: Rejection) -> None:
        """Write one rejection down."""
        if len(self.first) < SHOWN:
            value = rejection.value and rejection.value[:LONGEST_VALUE]
            self.first.append(rejection.model_copy(update={"value": value}))
        self._writer.writerow(rejection.model_dump().values())

    def __enter__(self) -> "Quarantine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.close()
