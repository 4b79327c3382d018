"""MLflow as a follower: every run recorded, and the alias `champion` on the version that is champion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from evergreen.layout import RunLayout
from evergreen.runs import dataset_of
from evergreen.stores.endings import Status
from evergreen.stores.files import Files
from evergreen.stores.lineages import Lineages
from evergreen.stores.runs import RunRecords
from evergreen.tracked_run import tracked_run

if TYPE_CHECKING:
    from functions.track_run.tracking import Tracking


@dataclass(frozen=True)
class RunHistory:
    """The runs of every data set."""

    files: Files
    runs: RunRecords

    def record(self, tracking: Tracking, run_id: str, *, ending: bool) -> None:
        """Record one run; one that is `ending` now is at its last state, and went all the way."""
        lineage = Lineages(self.files, self.runs).of(run_id)
        status = str(Status.SUCCEEDED if ending else lineage.record.get("status", Status.FAILED))
        run = tracked_run(lineage, status, datetime.now(UTC))
        with TemporaryDirectory() as folder:
            tracking.record(run, self._artifacts(run_id, Path(folder)))

    def ended(self, run_id: str) -> bool:
        """Whether the run's outcome is known; until then there is nothing to record."""
        return (self.runs.get(run_id) or {}).get("status") != Status.RUNNING

    def crown(self, tracking: Tracking, dataset: str, champion: Mapping[str, Any] | None) -> None:
        """Move the alias to the champion's version; a champion of before MLflow is recorded first."""
        if champion is None:
            return
        run_id = champion["run_id"]
        if not tracking.has_version(dataset, run_id):
            self.record(tracking, run_id, ending=False)
        tracking.crown(dataset, run_id)

    def _artifacts(self, run_id: str, folder: Path) -> dict[str, list[Path]]:
        """The run's documents, fetched; by the folder in which MLflow shows them."""
        layout = RunLayout(dataset_of(run_id), run_id)
        wanted = {
            "": [layout.model_report, layout.evaluation_file],
            "data": [layout.report_page, layout.report],
            "plots": [key for key in self.files.keys(layout.plots) if key.endswith(".svg")],
        }
        there = set(self.files.keys(layout.evaluation + "/")) | set(self.files.keys(layout.prepared + "/report."))
        found: dict[str, list[Path]] = {}
        for place, keys in wanted.items():
            target = folder / (place or "top")
            target.mkdir()
            found[place] = [self.files.download(key, target) for key in keys if key in there]
        return found
