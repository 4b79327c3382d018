"""One run of `prepare`: files are taken in, then rows are made of the history, as far as the data goes."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from container.directories import Directories
from container.log import log
from container.prepare import outputs
from container.prepare.amount import check_enough
from container.prepare.cutoffs import Cutoffs, HistoryTooShort, plan
from container.prepare.engine import connect
from container.prepare.events import EventLog, Walk
from container.prepare.examination import Examination
from container.prepare.history import History, gather
from container.prepare.intake import Intake
from container.prepare.prepared_rows import PARTS, TO_SCORE, Counts, Poisoned, PreparedRows, Unusable, in_part
from container.prepare.quarantine import Quarantine
from container.prepare.query import QueryFailed
from container.prepare.recent import RecentItems, collection_keys, take_recent
from container.prepare.table_rows import Table, prepare_table
from container.signature import Signature
from evergreen.contract import Contract
from evergreen.inference import logs_scores
from evergreen.layout import RunLayout
from evergreen.manifest import UNUSABLE_WITH_IT, FileReport, Rejection, RunManifest


@dataclass
class Preparation:
    """A run with what it has found out so far; whatever stays unset is reported as its default."""

    directories: Directories
    manifest: RunManifest
    layout: RunLayout
    contract: Contract
    quarantine: Quarantine
    scratch: Path
    files: list[FileReport] = field(default_factory=list)
    recent: RecentItems | None = None  # what the run has collected by itself
    earlier: list[str] = field(default_factory=list)  # keys of the history before this run
    history: History | None = None
    examination: Examination | None = None
    cutoffs: Cutoffs | None = None
    rows: PreparedRows | None = None
    counts: dict[str, Counts] = field(default_factory=dict)
    signature: Signature | None = None
    rows_by_source: dict[str, int] = field(default_factory=dict)
    unusable: str | None = None
    poisoned: bool = False

    def run(self) -> None:
        """Do all that the data allows."""
        connection = connect(self.scratch, "prepare", self._size())
        try:
            self._take_in(connection)
            self._make_all(connection)
        except Unusable as reason:
            self.unusable = str(reason)
            self.poisoned = isinstance(reason, Poisoned)
        finally:
            connection.close()
        if self.unusable and (self.poisoned or self.manifest.champion):
            self._set_new_files_aside(self.unusable)
        for report in self.files:
            log("file", **report.model_dump())

    def _take_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        source, accepted = self.directories.processing_input, self.directories.processing_output / "accepted"
        intake = Intake(connection, self.contract, self.quarantine, self.scratch)
        for dropped in self.manifest.inputs:
            name = f"{dropped.arrival_id}.parquet"
            key = f"{self.layout.accepted}/{name}"
            self.files.append(intake.take(source / dropped.key, dropped, accepted / name, key))
        kept = [place for place, report in enumerate(self.files) if not report.refused]
        new = [accepted / f"{self.files[place].arrival_id}.parquet" for place in kept]
        self.recent = take_recent(self.directories, self.manifest, self.layout, intake)
        replaced = self.manifest.earlier_outcomes if self.recent and self.recent.outcomes_file else None
        self.earlier = [key for key in self.manifest.history if key != replaced]
        self._gather(connection, kept, new)

    def _gather(self, connection: duckdb.DuckDBPyConnection, kept: list[int], new: list[Path]) -> None:
        """The history, with what is new; what the run has collected by itself comes last."""
        collected = [self.recent.outcomes_file] if self.recent and self.recent.outcomes_file else []
        before = [self.directories.processing_input / key for key in self.earlier]
        copy, unlearned = self.scratch / "history.parquet", self.manifest.unlearned
        self.history = gather(connection, self.contract, before, [*new, *collected], copy, unlearned=unlearned)
        if self.contract.input.arrives == "replace":
            for place in kept[:-1]:
                self.files[place] = self.files[place].model_copy(update={"superseded": True, "accepted_key": None})
        elif self.history:
            known = zip(self.history.new_rows, self.history.changed_rows, strict=True)
            for place, (fresh, changed) in zip(kept, known, strict=False):  # the last may be of collected rows
                self.files[place] = _with_known_rows(self.files[place], fresh, changed)

    def _size(self) -> int:
        """About as many bytes as the run's rows would have as text."""
        source, packed = self.directories.processing_input, 10
        dropped = sum((source / each.key).stat().st_size for each in self.manifest.inputs)
        collection = self.manifest.collection
        dropped += sum((source / each).stat().st_size for each in collection_keys(collection)) * packed
        return dropped + packed * sum((source / key).stat().st_size for key in self.manifest.history)

    def _make_all(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self.history is None:
            raise Unusable("no accepted rows, neither in this run nor before it")
        fresh = self.recent and self.recent.outcomes_file
        if self.files and not fresh and all(report.refused for report in self.files):
            raise Unusable("every dropped file is refused, so there is nothing new to learn from")
        self._examine(connection, self.history)
        self.rows = self._make_rows(connection, self.history)
        conditions: dict[str, str] = {**{part: in_part(part) for part in PARTS}, "scoring": TO_SCORE}
        self.counts = {name: self.rows.count(where) for name, where in conditions.items()}
        check_enough(self.counts, self.contract)
        self.signature = outputs.signature_of(self.rows, self.contract)
        prepared = self.directories.processing_output / "prepared"
        outputs.write(self.rows, self.signature, prepared)
        if logs_scores(self.contract):
            outputs.write_logged(self.rows, self.history.relation, self.contract, prepared / "logged")
        if self.contract.teachers:
            self.rows_by_source = outputs.write_sources(self.rows, prepared / "train")
        if self.recent:
            self.recent.write(connection, self.rows, prepared / "samples")
        contract_file = self.directories.processing_input / self.layout.contract_file("dataset.json")
        shutil.copyfile(contract_file, prepared / "holdout" / "dataset.json")  # the gate, for `evaluate`

    def _examine(self, connection: duckdb.DuckDBPyConnection, history: History) -> None:
        """Profile the rows and judge drift. Raises Unusable when the contract wants no run on such rows."""
        profile = self.manifest.champion_profile
        champion = self.directories.processing_input / profile if profile else None
        self.examination = Examination.of(connection, self.contract, history, len(self.earlier), champion)
        blocked = self.examination.blocked(self.contract)
        if blocked:
            raise Unusable(blocked)

    def _make_rows(self, connection: duckdb.DuckDBPyConnection, history: History) -> PreparedRows:
        table = Table.of(self.contract)
        if table:
            since = self.recent.since if self.recent else None
            return prepare_table(connection, table, history, self.scratch / "rows.parquet", since)
        events = EventLog.of(self.contract)
        if not (events and history.first_day and history.last_day):
            raise TypeError(f"{self.contract.id} is neither a table nor an event log with days")
        try:
            horizon = events.target.horizon_days
            self.cutoffs = plan(history.first_day, history.last_day, events.split, horizon)
            features_sql, target_sql = (self._contract_file(name) for name in self.contract.sql_files)
            return Walk(connection, events, history, features_sql, target_sql).along(self.cutoffs)
        except HistoryTooShort as short:
            raise Unusable(str(short)) from short
        except QueryFailed as failed:
            raise Poisoned(str(failed)) from failed

    def _set_new_files_aside(self, why: str) -> None:
        """Keep files out of the history that made usable data unusable; or no later run could use it either."""
        nothing = {"refused": True, "accepted": 0, "duplicates": 0, "accepted_key": None}
        for place, report in enumerate(self.files):
            if not report.refused and not report.superseded:
                accepted = self.directories.processing_output / "accepted" / f"{report.arrival_id}.parquet"
                accepted.unlink(missing_ok=True)
                self.files[place] = report.model_copy(update={**nothing, "rejected": report.rows})
                reason = f"with this file the data cannot be used: {why}"
                self.quarantine.add(Rejection(file=report.source, rule=UNUSABLE_WITH_IT, reason=reason))

    def _contract_file(self, name: str) -> str:
        return (self.directories.processing_input / self.layout.contract_file(name)).read_text()


def _with_known_rows(report: FileReport, fresh: int, changed: int) -> FileReport:
    """How many rows of a file the history had already, and how many of those with other values."""
    rows = "1 row has" if changed == 1 else f"{changed:,} rows have"
    note = f"{rows} a known key with other values; the first ones stay"
    notes = (*report.notes, note) if changed else report.notes
    return report.model_copy(update={"duplicates": report.accepted - fresh, "notes": notes})
