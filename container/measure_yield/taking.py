"""One inference log, from the file as it was dropped to its observed items and its rejected rows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from container.measure_yield.log_contract import feature_columns, log_contract
from container.measure_yield.log_intake import LogIntake
from container.measure_yield.observed_items import by_day, outcomes_alone
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.inference import LogObject, LogReport
from evergreen.manifest import InputFile, Rejection


@dataclass(frozen=True)
class Dropped:
    """A log as it was dropped."""

    log: LogObject
    version_id: str
    uri: str
    at: datetime

    def as_input(self, size: int) -> InputFile:
        """The log as an intake knows files."""
        return InputFile(
            arrival_id=self.version_id, source=self.uri, version_id=self.version_id, key=self.log.key, size=size
        )


@dataclass
class Taken:
    """What was taken of a log, and where its rejected rows are written down."""

    dropped: Dropped
    report: LogReport
    rows: Path | None  # None when it is refused whole
    items: dict[str, Path]  # by day
    quarantine: Quarantine
    folder: Path

    @property
    def outcomes_alone(self) -> str | None:
        """SQL for the outcomes of earlier inferences in it."""
        return outcomes_alone(self.rows) if self.rows else None

    def told(self, strays: list[tuple[int, str]]) -> LogReport:
        """Write down the outcomes whose inference nobody knows; gives the whole report."""
        for line, item in strays:
            reason = "no inference of this item is known: the outcome is kept, and counts as soon as one comes"
            self.quarantine.add(
                Rejection(
                    file=self.dropped.uri, line=line, column="item_id", value=item, rule="unknown_item", reason=reason
                )
            )
        counts = self.quarantine.counts_by_rule
        return self.report.model_copy(update={"unknown_items": len(strays), "rejected_by_rule": counts})


def take(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    dropped: Dropped,
    *,
    file: Path,
    folder: Path,
    now: datetime,
) -> Taken:
    """Check a log's rows; what is good becomes observed items, the rest is written down with its reasons."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    quarantine = Quarantine(folder / "quarantine")
    intake = LogIntake(
        connection,
        log_contract(contract, feature_columns(contract, ())),
        quarantine,
        scratch,
        dataset=contract,
        now=now,
        is_json=dropped.log.is_json,
    )
    rows = folder / "rows.parquet"
    found = intake.take(file, dropped.as_input(file.stat().st_size), rows, "")
    report = LogReport(
        source=dropped.uri,
        rows=found.rows,
        taken=found.accepted,
        rejected=found.rejected,
        refused=found.refused,
        notes=found.notes,
    )
    if found.refused:
        return Taken(dropped, report, None, {}, quarantine, folder)
    return Taken(dropped, report, rows, by_day(connection, rows, dropped.uri, dropped.at, folder), quarantine, folder)
