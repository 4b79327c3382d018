"""Rows that two teachers have labelled: further rows to train on, which count less, and never judge."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container.fold import Fold
from container.signature import Signature
from container.train.prepared import PreparedRows, Share
from evergreen.teachers import TeachersReport

FILE, REPORT, SOURCES = "labelled.parquet", "teachers.json", "sources.json"


@dataclass(frozen=True)
class TaughtRows:
    """What the teachers have labelled, and what each of those rows counts."""

    rows: PreparedRows
    weight: float

    @classmethod
    def read(
        cls, channel: Path, signature: Signature, folder: Path | None = None, share: Share | None = None
    ) -> "TaughtRows | None":
        """None where there are no teachers, or where what they say is not used."""
        report = teachers_report(channel)
        if report is None or not report.used:
            return None
        return cls(PreparedRows.read(channel / FILE, signature, folder, share), report.weight)

    @property
    def fold(self) -> Fold:
        """As numbers, with their weight."""
        return self.rows.fold.weighted(self.weight)


def teachers_report(channel: Path) -> TeachersReport | None:
    """What the teachers said in this run; None where there are none."""
    path = channel / REPORT
    return TeachersReport.model_validate_json(path.read_bytes()) if path.exists() else None


def about_sources(channel: Path, taught: TaughtRows | None) -> dict[str, Any]:
    """What training.json says of where the training rows come from."""
    path, report = channel / SOURCES, teachers_report(channel)
    counts: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    if report:
        counts["teachers"] = len(taught.rows.targets) if taught else 0
    found: dict[str, Any] = {"rows_by_source": counts} if counts else {}
    return found | ({"teachers": report.sentence()} if report else {})
