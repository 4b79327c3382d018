"""The verb `prepare`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from container.clock import Clock
from container.directories import Directories
from container.log import log
from container.prepare.data_report import page_of, report_of, summary_of
from container.prepare.preparation import Preparation
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport, RunManifest


def run(directories: Directories, prefix: str) -> None:
    """Take the dropped files in and write everything that the run's next steps read."""
    clock = Clock()
    source, target = directories.processing_input, directories.processing_output
    manifest = RunManifest.model_validate_json((source / prefix / "run.json").read_bytes())
    layout = RunLayout(manifest.dataset, manifest.run_id)
    contract = Contract.model_validate_json((source / layout.contract_file("dataset.json")).read_bytes())
    for folder in ("prepared", "accepted", "quarantine"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch, Quarantine(target / "quarantine") as quarantine:
        preparation = Preparation(directories, manifest, layout, contract, quarantine, Path(scratch))
        preparation.run()
    report = report_of(preparation, clock)
    summary = summary_of(preparation, report)
    (target / "prepared" / "report.json").write_text(report.model_dump_json(indent=1))
    (target / "prepared" / "summary.json").write_text(summary.model_dump_json(indent=1))
    (target / "prepared" / "report.html").write_text(page_of(preparation, report, summary), encoding="utf-8")
    if preparation.examination and report.usable:
        (target / "prepared" / "profile.json").write_text(preparation.examination.profile.model_dump_json())
    _keep_what_was_set_aside(target / "quarantine", report)
    counts = report.model_dump(include={"train_rows", "validation_rows", "holdout_rows"})
    log("prepared", **summary.model_dump(), **counts)


def _keep_what_was_set_aside(folder: Path, report: DataReport) -> None:
    """A run of clean files leaves nothing in quarantine."""
    collected = [report.collected.outcomes, report.collected.samples] if report.collected else []
    if any(file.refused or file.rejected for file in [*report.files, *filter(None, collected)]):
        (folder / "report.json").write_text(report.model_dump_json(indent=1))
    else:
        (folder / "rejected.csv").unlink(missing_ok=True)
