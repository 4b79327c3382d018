"""Items of inference logs as MeasureYield hands them on, made of real items of the production line."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from container.collect_samples import command as collecting
from container.directories import Directories
from container.label import command as labelling
from container.prepare import command as preparing
from evergreen.manifest import DataReport
from evergreen.teachers import TeachersReport
from tests.integration.container.conftest import REPOSITORY, Stage

FILE = REPOSITORY / "datasets" / "line_yield" / "ai4i2020.csv.gz"
FEATURES = (
    "Type",
    "Air temperature [K]",
    "Process temperature [K]",
    "Rotational speed [rpm]",
    "Torque [Nm]",
    "Tool wear [min]",
)
SINCE = datetime(2026, 11, 20)
Row = dict[str, Any]


def real_items() -> list[Row]:
    """Every item of the line, as text."""
    options = pa_csv.ConvertOptions(column_types={name: pa.string() for name in (*FEATURES, "UDI", "Machine failure")})
    with gzip.open(FILE) as stream:
        return list(pa_csv.read_csv(io.BytesIO(stream.read()), convert_options=options).to_pylist())


def as_csv(rows: Sequence[Row]) -> bytes:
    names = ["UDI", *FEATURES, "Machine failure"]
    lines = [",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]
    return "\n".join(lines).encode()


def observed(
    rows: Sequence[Row], *, outcomes: bool, source: str = "s3://data/inference/line_yield/log.csv", start: int = 0
) -> list[Row]:
    """A log of predictions that nothing fails, a second apart, with what became of them where it is known."""
    return [
        {
            "item_id": row["UDI"],
            "time": SINCE + timedelta(seconds=start + place),
            "prediction": "0",
            "confidence": 0.9,
            "outcome": row["Machine failure"] if outcomes else None,
            "model": "r0",
            "source": source,
            "dropped_at": SINCE,
            **{name: row[name] for name in FEATURES},
        }
        for place, row in enumerate(rows)
    ]


def parquet(rows: Sequence[Row], path: Path) -> Path:
    fields = [
        ("item_id", pa.string()),
        ("time", pa.timestamp("us")),
        ("prediction", pa.string()),
        ("confidence", pa.float64()),
        ("dropped_at", pa.timestamp("us")),
        *((name, pa.string()) for name in ("outcome", "model", "source", *FEATURES)),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=pa.schema(fields)), path)
    return path


@dataclass
class Line(Stage):
    """A run of the production line that learns from recent items, in this process."""

    dataset: str = "line_yield"
    teachers: Mapping[str, Any] = field(default_factory=dict)
    unlearned: tuple[str, ...] = ()

    def collect(
        self,
        files: Mapping[str, bytes | Path],
        logs: Sequence[Sequence[Row]],
        *,
        history: Sequence[Path] = (),
        earlier: "Line | None" = None,
    ) -> None:
        """CollectSamples, on items in files as they are; `earlier` is the run before that collected some."""
        accepted = [earlier.outcomes_accepted] if earlier else []
        self.stage_prepare(files, history=[*history, *accepted], champion=True, teachers=dict(self.teachers))
        keys = [f"observed/line_yield/items/2026-11-20/{self.run_id}-{place}.parquet" for place in range(len(logs))]
        for key, rows in zip(keys, logs, strict=True):
            parquet(rows, self.base / "processing" / "input" / key)
        manifest = self.manifest()
        outcomes = {"arrival_id": "outcomes1", "source": "s3://data/" + self.layout.outcomes, "version_id": "null"}
        manifest["collection"] = {
            "since": SINCE.isoformat(),
            "items": keys,
            "outcomes": {**outcomes, "key": self.layout.outcomes, "size": 1},
            "samples": self.layout.samples,
        }
        manifest["unlearned"] = self.unlearned
        if earlier:
            self.put(earlier.layout.outcomes, earlier.base / "processing" / "input" / earlier.layout.outcomes)
            manifest["collection"]["earlier"] = earlier.layout.outcomes
            manifest["earlier_outcomes"] = f"accepted/line_yield/r0/{earlier.outcomes_accepted.name}"
        self.write_manifest(manifest)
        collecting.run(self.directories, self.layout.prefix)
        for name in ("outcomes", "samples"):
            self.put(getattr(self.layout, name), self.output / "collected" / f"{name}.parquet")

    def prepared(self) -> DataReport:
        preparing.run(self.directories, prefix=self.layout.prefix)
        return DataReport.model_validate_json((self.output / "prepared" / "report.json").read_bytes())

    def labelled(self) -> TeachersReport:
        """LabelWithTeachers, whose rows then lie beside the training rows."""
        for name in ("train", "samples"):
            for path in (self.output / "prepared" / name).iterdir():
                self.put(f"{name}/{path.name}", path)
        labelling.run(self.directories, prefix=self.layout.prefix)
        for path in (self.output / "labelled").iterdir():
            self.put(path.name, path, below="processing/output/prepared/train")
        return TeachersReport.model_validate_json((self.output / "labelled" / "teachers.json").read_bytes())

    def table(self, name: str) -> pa.Table:
        return pq.read_table(self.output / name)

    def items(self, name: str) -> set[int]:
        return set(self.table(f"prepared/{name}.parquet").column("UDI").to_pylist())

    @property
    def outcomes_accepted(self) -> Path:
        return self.output / "accepted" / "outcomes1.parquet"

    @property
    def directories(self) -> Directories:
        return Directories(self.base)

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.base / "processing" / "input" / self.layout.manifest).read_text())
        return found

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        self.put(self.layout.manifest, json.dumps(manifest))
