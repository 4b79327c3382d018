"""One inference log, from the file as it was dropped to its observed items and its rejected rows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from container.measure_yield.log_contract import feature_columns, log_contract
from container.measure_yield.log_intake import LogIntake
from container.measure_yield.observed_items import Taken, by_day, outcomes_alone
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.inference import LogObject, LogReport
from evergreen.layout import INFERENCE, ObservedLayout
from evergreen.manifest import InputFile, Rejection

_TABLE = "log_rows"


@dataclass(frozen=True)
class Dropped:
    """A log as it was dropped: one version of an object."""

    bucket: str
    key: str
    version_id: str
    at: datetime

    @property
    def log(self) -> LogObject:
        """What its key says. Raises NoInferenceLog."""
        return LogObject.of(self.key)

    @property
    def dataset(self) -> str:
        """The data set in whose folder it lies, whether there is one of that name or not."""
        return self.key.removeprefix(INFERENCE).partition("/")[0]

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def quarantine(self) -> str:
        """The prefix for what of it is rejected."""
        return ObservedLayout(self.dataset).quarantine(self.version_id)

    def as_input(self, size: int) -> InputFile:
        """The log as an intake knows files."""
        return InputFile(
            arrival_id=self.version_id, source=self.uri, version_id=self.version_id, key=self.key, size=size
        )


@dataclass
class CheckedLog:
    """A log that has been checked: what is good of it, and where its rejected rows are written down."""

    dropped: Dropped
    report: LogReport
    items: dict[str, Path]  # by day
    outcomes_alone: str | None  # SQL for the outcomes of earlier inferences in it; None when it is refused
    quarantine: Quarantine
    rejected_file: Path

    def told(self, strays: list[tuple[int, str]]) -> LogReport:
        """Write down the outcomes whose inference nobody knows; gives the whole report."""
        for line, item in strays:
            reason = "no inference of this item is known: the outcome is kept, and counts as soon as one comes"
            self.quarantine.add(
                Rejection(
                    file=self.dropped.uri, line=line, column="item_id", value=item, rule="unknown_item", reason=reason
                )
            )
        self.quarantine.close()
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
) -> CheckedLog:
    """Check a log's rows; what is good becomes observed items, the rest is written down with its reasons."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    quarantine, rejected_file = _quarantine(folder)
    intake = LogIntake(
        connection,
        log_contract(contract, feature_columns(contract, ())),
        quarantine,
        scratch,
        dataset=contract,
        table=_TABLE,
        now=now,
        is_json=dropped.log.is_json,
    )
    found = intake.take(file, dropped.as_input(file.stat().st_size), scratch / "none", "")
    report = LogReport(
        source=dropped.uri,
        rows=found.rows,
        taken=found.accepted,
        rejected=found.rejected,
        refused=found.refused,
        notes=found.notes,
    )
    items: dict[str, Path] = {}
    alone = None
    if not found.refused:
        taken = Taken(_TABLE, list(intake.contract.input.columns))
        items = by_day(connection, taken, dropped.uri, dropped.at, folder)
        alone = outcomes_alone(connection, taken, folder / "outcomes.parquet")
    connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
    return CheckedLog(dropped, report, items, alone, quarantine, rejected_file)


def refused(dropped: Dropped, folder: Path, rule: str, reason: str) -> CheckedLog:
    """A log of which nothing can be taken, and why."""
    quarantine, rejected_file = _quarantine(folder)
    quarantine.refuse(Rejection(file=dropped.uri, rule=rule, reason=reason))
    report = LogReport(source=dropped.uri, rows=0, taken=0, rejected=0, refused=True)
    return CheckedLog(dropped, report, {}, None, quarantine, rejected_file)


def _quarantine(folder: Path) -> tuple[Quarantine, Path]:
    return Quarantine(folder / "quarantine"), folder / "quarantine" / "rejected.csv"
