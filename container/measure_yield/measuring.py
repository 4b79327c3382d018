"""The yield over the newest items, read from the newest day backwards and no further than it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from container.measure_yield import judging
from container.measure_yield.observed_items import observed
from evergreen.contract import Contract
from evergreen.yield_series import Measure, YieldSeries

MOST_ROWS = 5_000_000
MOST_FILES = 1_000
Fetch = Callable[[str], list[Path]]  # the files of one day


@dataclass(frozen=True)
class News:
    """What new logs brought, by which it is known how far back to look."""

    oldest_day: str | None = None
    outcomes_alone: dict[str, str] = field(default_factory=dict)  # SQL by the log's id


@dataclass
class Measuring:
    """One data set's observed items, as many days of them as the measure needs."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    days: Sequence[str]  # that have items, newest first
    fetch: Fetch
    news: News
    read: int = 0  # days
    files: list[Path] = field(default_factory=list)

    def run(self) -> None:
        """Read until everything is there that the newest measure and the new rows need, or the most is reached."""
        self._read_more(max(1, sum(day >= (self.news.oldest_day or "9") for day in self.days)))
        while not self._enough():
            self._read_more(self.read)

    @property
    def since(self) -> datetime:
        """The beginning of the oldest day that was read; nothing is known of what was before."""
        day = self.days[self.read - 1] if self.read else "9999-12-31"
        return datetime.fromisoformat(day).replace(tzinfo=UTC)

    def strays(self) -> dict[str, list[tuple[int, str]]]:
        """The outcomes, by log, of which no inference was found: line and item."""
        return {log: judging.strays(self.connection, rows) for log, rows in self.news.outcomes_alone.items()}

    def corrected(self, series: YieldSeries, now: datetime) -> YieldSeries:
        """The series with what was read in the place of what it held, and the newest measure."""
        stated = self.contract.observed_yield
        if stated is None:
            return series
        fresh = judging.buckets(self.connection, stated.period_seconds)
        series = series.recomputed(self.since, fresh, stated)
        model = judging.model_in_use(self.connection)
        good, judged = judging.newest(self.connection, model, stated.window)
        level = series.level(model, stated)
        measure = Measure(at=now, samples=judged, good=good, model=model, level=level)
        return series.model_copy(update={"measure": measure, "stated": stated})

    def _read_more(self, days: int) -> None:
        for day in self.days[self.read : self.read + days]:
            self.files += self.fetch(day)
            self.read += 1
        judging.judge(self.connection, observed(self.files), self.contract)

    def _enough(self) -> bool:
        if self.read >= len(self.days) or len(self.files) >= MOST_FILES or self._rows() >= MOST_ROWS:
            return True
        if any(self.strays().values()):
            return False
        stated = self.contract.observed_yield
        if stated is None or stated.good_when is None:
            return True
        model = judging.model_in_use(self.connection)
        _, judged = judging.newest(self.connection, model, stated.window)
        # Where others predicted all day long, the model in use was not there yet.
        return judged >= stated.window or judging.began_later(self.connection, model, self.since + timedelta(days=1))

    def _rows(self) -> int:
        return int(self.connection.execute(f"SELECT COUNT(*) FROM {observed(self.files)}").fetchall()[0][0])
