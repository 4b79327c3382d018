"""Takes one file in, with a contract of a few lines."""

import csv
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from container.prepare.engine import connect
from container.prepare.intake import Intake
from container.prepare.quarantine import Quarantine
from evergreen.contract import Contract
from evergreen.manifest import FileReport, InputFile


def table(columns: Mapping[str, Any], target: str | None = None, **changes: Any) -> Contract:
    """A table whose last column is the target; no share of rejected rows refuses a file."""
    given = {name: {"type": each} if isinstance(each, str) else each for name, each in columns.items()}
    document: dict[str, Any] = {
        "id": "fuzz",
        "task": "regression",
        "target": {"column": target or list(columns)[-1]},
        "split": {"by": "random"},
    }
    document |= {name: changes.pop(name) for name in ("entity", "split", "task", "target") if name in changes}
    return Contract.model_validate(document | {"input": {"columns": given, "reject_file_above": 1, **changes}})


@dataclass
class Taken:
    """What became of a file."""

    report: FileReport
    rejected: list[dict[str, str]]
    accepted: list[tuple[Any, ...]]
    counts: dict[str, int]

    @property
    def rules(self) -> list[tuple[str, str, str]]:
        """Each rejection's line, column and rule."""
        return [(row["line"], row["column"], row["rule"]) for row in self.rejected]


def take(body: bytes | str | Path, contract: Contract) -> Taken:
    """Take a file in; the rows of it are as DuckDB reads them back."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        path = body if isinstance(body, Path) else scratch / "dropped"
        if not isinstance(body, Path):
            path.write_bytes(body.encode() if isinstance(body, str) else body)
        connection = connect(scratch, "test")
        with Quarantine(scratch / "quarantine") as quarantine:
            intake = Intake(connection, contract, quarantine, scratch)
            file = InputFile(arrival_id="a", source="s3://data/a.csv", version_id="v", key="k", size=1)
            report = intake.take(path, file, scratch / "a.parquet", "accepted/a.parquet")
        connection.close()
        rows = []
        if not report.refused:
            rows = duckdb.connect().execute(f"FROM '{scratch}/a.parquet'").fetchall()
            assert len(rows) == report.accepted
        with (scratch / "quarantine" / "rejected.csv").open(newline="") as stream:
            rejected = list(csv.DictReader(stream))
        assert report.refused == (not (scratch / "a.parquet").exists())
        assert report.accepted + report.rejected == report.rows
        return Taken(report, rejected, rows, quarantine.counts_by_rule)
