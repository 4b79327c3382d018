"""One run of `prepare`: files are taken in, then rows are made of the history, as far as the data goes."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from container.directories import Directories
from container.log import log
from container.prepare.cutoffs import Cutoffs, HistoryTooShort, plan
from container.prepare.engine import connect
from container.prepare.history import History, gather
from container.prepare.intake import Intake
from container.prepare.outputs import Counts, Selection, count, signature, write_parquet, write_scoring
from container.prepare.quarantine import Quarantine
from container.prepare.query import QueryFailed
from container.prepare.tables import Walk
from container.signature import Signature
from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.manifest import UNUSABLE_DATA, DataReport, FileReport, Rejection, RunManifest


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
    history: History | None = None
    cutoffs: Cutoffs | None = None
    counts: dict[str, Counts] = field(default_factory=dict)
    signature: Signature | None = None
    unusable: str | None = None
    poisoned: bool = False  # a query of the contract fails on some row

    def run(self) -> DataReport:
        """Do all that the data allows, and say what became of it."""
        self._take_in()
        if self.history is None:
            self.unusable = "no accepted rows, neither in this run nor before it"
        elif self.files and all(report.refused for report in self.files):
            self.unusable = "every dropped file is refused, so there is nothing new to learn from"
        else:
            self.unusable = self._make_rows(self.history)
        if self.unusable and (self.poisoned or self.manifest.champion):
            self._set_new_files_aside(self.unusable)
        unusable = Rejection(file=self.contract.id, rule=UNUSABLE_DATA, reason=self.unusable or "")
        return self._report((unusable,) if self.unusable else ())

    def _take_in(self) -> None:
        source, accepted = self.directories.processing_input, self.directories.processing_output / "accepted"
        connection = connect(self.scratch, "intake")
        intake = Intake(connection, self.contract, self.quarantine, self.scratch)
        for dropped in self.manifest.inputs:
            name = f"{dropped.arrival_id}.parquet"
            key = f"{self.layout.accepted}/{name}"
            self.files.append(intake.take(source / dropped.key, dropped, accepted / name, key))
        kept = [place for place, report in enumerate(self.files) if not report.refused]
        new = [accepted / f"{self.files[place].arrival_id}.parquet" for place in kept]
        earlier = [source / key for key in self.manifest.history]
        self.history = gather(connection, self.contract, earlier, new, self.scratch / "history.parquet")
        connection.close()
        for place, fresh in zip(kept, self.history.new_rows if self.history else (), strict=True):
            report = self.files[place]
            self.files[place] = report.model_copy(update={"duplicates": report.accepted - fresh})
        for report in self.files:
            log("file", **report.model_dump())

    def _make_rows(self, history: History) -> str | None:
        contract, prepared = self.contract, self.directories.processing_output / "prepared"
        try:
            self.cutoffs = plan(history.first_day, history.last_day, contract.split, contract.target.horizon_days)
        except HistoryTooShort as short:
            return str(short)
        features_sql, target_sql = (self._contract_file(name) for name in (contract.features, contract.target.sql))
        try:
            tables = Walk(contract, self.scratch, history, features_sql, target_sql).along(self.cutoffs)
        except QueryFailed as failed:
            self.poisoned = True
            return str(failed)
        selection = Selection.of(contract, self.cutoffs)
        self.counts = {name: count(tables, where) for name, where in selection.parts().items()}
        too_little = _too_little(self.counts, contract.gate.min_rows)
        if too_little:
            return too_little
        self.signature = signature(tables, contract, selection.learned, features_sql, target_sql)
        write_parquet(tables, selection.train, prepared / "train" / "train.parquet")
        write_parquet(tables, selection.validation, prepared / "train" / "validation.parquet")
        write_parquet(tables, selection.holdout, prepared / "holdout" / "holdout.parquet")
        write_scoring(tables, selection.scoring, prepared / "scoring")
        for folder in ("train", "holdout"):
            (prepared / folder / "signature.json").write_text(self.signature.to_json())
        contract_file = self.directories.processing_input / self.layout.contract_file("dataset.json")
        shutil.copyfile(contract_file, prepared / "holdout" / "dataset.json")  # the gate, for `evaluate`
        tables.connection.close()
        return None

    def _set_new_files_aside(self, why: str) -> None:
        """Keep files out of the history that made usable data unusable; or no later run could use it either."""
        for place, report in enumerate(self.files):
            if not report.refused:
                (self.directories.processing_output / "accepted" / f"{report.arrival_id}.parquet").unlink(
                    missing_ok=True
                )
                nothing = {
                    "refused": True,
                    "accepted": 0,
                    "rejected": report.rows,
                    "duplicates": 0,
                    "accepted_key": None,
                }
                self.files[place] = report.model_copy(update=nothing)
                reason = f"with this file the data cannot be used: {why}"
                self.quarantine.add(Rejection(file=report.source, rule="unusable_with_it", reason=reason))

    def _contract_file(self, name: str) -> str:
        return (self.directories.processing_input / self.layout.contract_file(name)).read_text()

    def _report(self, unusable: tuple[Rejection, ...]) -> DataReport:
        history, cutoffs = self.history, self.cutoffs
        return DataReport(
            usable=self.unusable is None,
            files=tuple(self.files),
            rejections=(*unusable, *self.quarantine.first),
            rows=history.rows if history else 0,
            first_day=str(history.first_day) if history else None,
            last_day=str(history.last_day) if history else None,
            train_cutoffs=tuple(str(cutoff) for cutoff in cutoffs.train) if cutoffs else (),
            holdout_cutoff=str(cutoffs.holdout) if cutoffs else None,
            scoring_cutoff=str(cutoffs.scoring) if cutoffs else None,
            **{f"{name}_rows": part.rows for name, part in self.counts.items()},
            features_hash=self.signature.features_hash if self.signature else None,
        )


def _too_little(counts: dict[str, Counts], min_rows: int) -> str | None:
    for name, least in (("train", min_rows), ("validation", 1), ("holdout", min_rows), ("scoring", 1)):
        if counts[name].rows < least:
            return f"only {counts[name].rows} {name} rows; at least {least} are needed"
    for name in ("train", "validation", "holdout"):
        if counts[name].events in (0, counts[name].rows):
            return f"of the {name} rows ({counts[name]}) either all or none have an event: nothing to tell apart"
    return None
