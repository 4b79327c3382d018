"""The files of observed items, day by day; those of a crowded day are joined, so that reading it stays a few requests.

Nothing is deleted: a joined file says whose rows it holds, and what else there is of the day is read besides.
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from container.measure_yield.data_bucket import DataBucket
from container.measure_yield.observed_items import join, keys_held
from evergreen.layout import ObservedLayout

MOST_LOOSE = 32  # files of a day that no joined one holds


@dataclass
class DayFiles:
    """One data set's observed items, fetched into a folder."""

    connection: duckdb.DuckDBPyConnection
    bucket: DataBucket
    layout: ObservedLayout
    folder: Path
    crowded: dict[str, tuple[list[str], list[Path]]] = field(default_factory=dict)  # every key, and the files
    joined: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.joined = frozenset(self.bucket.keys(self.layout.joined))

    def fetch(self, day: str) -> list[Path]:
        """The files that hold the items of one day."""
        keys = self.bucket.keys(self.layout.day(day))
        files: list[Path] = []
        loose = keys
        if self.layout.joined_file(day) in self.joined:
            files = self.bucket.fetch([self.layout.joined_file(day)], self.folder / "joined")
            held = keys_held(self.connection, files[0])
            loose = [key for key in keys if key not in held]
        files += self.bucket.fetch(loose, self.folder / day)
        if len(loose) > MOST_LOOSE:
            self.crowded[day] = (keys, files)
        return files

    def join(self) -> None:
        """Write one file for each crowded day. Whoever does the same besides holds what was there for him, too."""
        for day, (keys, files) in self.crowded.items():
            whole = self.folder / f"{day}.whole"
            join(self.connection, files, keys, whole)
            self.bucket.put({self.layout.joined_file(day): whole})
