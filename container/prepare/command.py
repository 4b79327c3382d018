"""The verb `prepare`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from container.directories import Directories
from container.log import log
from container.prepare.preparation import Preparation
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.manifest import UNUSABLE_DATA, DataReport, DataSummary, RunManifest


def run(directories: Directories, prefix: str) -> None:
    """Take the dropped files in and write everything that the run's next steps read."""
    source, target = directories.processing_input, directories.processing_output
    manifest = RunManifest.model_validate_json((source / prefix / "run.json").read_bytes())
    layout = RunLayout(manifest.dataset, manifest.run_id)
    contract = Contract.model_validate_json((source / layout.contract_file("dataset.json")).read_bytes())
    for folder in ("prepared", "accepted", "quarantine"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch, Quarantine(target / "quarantine") as quarantine:
        preparation = Preparation(directories, manifest, layout, contract, quarantine, Path(scratch))
        report = preparation.run()
    for folder in ("prepared", "quarantine"):
        (target / folder / "report.json").write_text(report.model_dump_json(indent=1))
    summary = DataSummary(
        usable=report.usable, reason=_reason(preparation, report), rows=report.rows, scoring_rows=report.scoring_rows
    )
    (target / "prepared" / "summary.json").write_text(summary.model_dump_json(indent=1))
    log(
        "prepared",
        usable=report.usable,
        reason=preparation.unusable,
        train_rows=report.train_rows,
        validation_rows=report.validation_rows,
        holdout_rows=report.holdout_rows,
        scoring_rows=report.scoring_rows,
    )


def _reason(preparation: Preparation, report: DataReport) -> str:
    """In one sentence: why the data cannot be used, or what there is of it."""
    if preparation.unusable:
        first = next((item.sentence() for item in report.rejections if item.rule != UNUSABLE_DATA), "")
        return f"{preparation.unusable[0].upper()}{preparation.unusable[1:]}. {first}".strip()
    cutoffs = f"{len(report.train_cutoffs)} training cut-offs, hold-out as of {report.holdout_cutoff}"
    rows = f"{report.train_rows + report.validation_rows:,} to learn from, {report.holdout_rows:,} to judge by"
    return f"{report.rows:,} rows up to {report.last_day}: {cutoffs}; {rows}, {report.scoring_rows:,} to score."
