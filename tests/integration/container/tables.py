"""Prepared rows of a table, made here: training, validation and hold-out as `prepare` hands them on."""

import io
import json
import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from container.__main__ import main
from container.signature import AS_OF, OUTPUTS, ROW_NUMBER, Feature, Signature
from evergreen.contract import Contract
from evergreen.metrics import Task
from tests.integration.container.conftest import Stage

KINDS = ("gear", "pump", "fan")
CLASSES: dict[str, tuple[str, ...]] = {"binary": ("false", "true"), "multiclass": ("low", "middle, or so", "high")}
FEATURES = (Feature("Torque [Nm]", "number"), Feature("wear", "integer"), Feature("kind", "category", KINDS))
FIRST = datetime(2024, 1, 1)

Selection = Callable[[pa.Table], pa.Table]


@dataclass
class TableStage(Stage):
    """A stage whose rows are a table with a known pattern."""

    task: Task = "binary"
    split: str = "random"
    entity: str = "machine"
    gate: dict[str, Any] = field(default_factory=dict)

    @property
    def signature(self) -> Signature:
        split = "time by made" if self.split == "time" else "random 0.2 by machine"
        classes = tuple(name.replace(",", "") for name in CLASSES.get(self.task, ()))
        features = FEATURES
        return Signature("line", self.task, self.entity, features, "h", "result", OUTPUTS[self.task], split, classes)

    def contract(self) -> Contract:
        kind = {"regression": "number"}.get(self.task, "text")
        columns: dict[str, Any] = {"machine": {"type": "text"}, "result": {"type": kind}, "made": {"type": "timestamp"}}
        columns |= {each.name: {"type": "text" if each.type == "category" else each.type} for each in FEATURES}
        target = {"column": "result"} | ({"positive": "true"} if self.task == "binary" else {})
        split = {"by": "time", "column": "made"} if self.split == "time" else {"by": "random"}
        document = {"id": "line", "task": self.task, "entity": "machine", "target": target, "split": split}
        return Contract.model_validate({**document, "input": {"columns": columns}, "gate": self.gate})

    def rows(self, number: int, seed: int) -> pa.Table:
        random = np.random.default_rng(seed)
        torque, wear, kind = (
            random.normal(40, 10, number),
            random.integers(0, 200, number),
            random.integers(0, 3, number),
        )
        score = (torque - 40) / 10 + (wear > 150) * 2 + (kind == 1) + random.normal(0, 0.4, number)
        cuts = {"binary": [2.0], "multiclass": [0.0, 1.5]}.get(self.task)
        target = 500 + 100 * score if cuts is None else np.digitize(score, cuts).astype(float)
        days = [FIRST + timedelta(days=seed * 100, seconds=place) for place in range(number)]
        return pa.table(
            {
                self.entity: range(number)
                if self.entity == ROW_NUMBER
                else [f"m{seed}-{place}" for place in range(number)],
                AS_OF: pa.array(days if self.split == "time" else [None] * number, pa.timestamp("us")),
                "Torque [Nm]": pa.array(torque, mask=random.random(number) < 0.05),
                "wear": wear,
                "kind": pa.array(KINDS).take(pa.array(kind)),
                "result": target,
            }
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A verb in this process, for its own would take longer to start than to work."""
        said, wrong = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(wrong):
            patch.setenv("SAGEMAKER_BASE_DIR", str(self.base))
            return subprocess.CompletedProcess(arguments, main(list(arguments)), said.getvalue(), wrong.getvalue())

    def prepare_rows(self, train: int = 600, validation: int = 150, holdout: int = 300) -> "TableStage":
        for name, number, seed in (("train", train, 1), ("validation", validation, 1), ("holdout", holdout, 2)):
            folder = self.output / "prepared" / ("holdout" if name == "holdout" else "train")
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(self.rows(number, seed), folder / f"{name}.parquet")
            (folder / "signature.json").write_text(self.signature.to_json())
        (self.holdout / "dataset.json").write_text(self.contract().model_dump_json(by_alias=True))
        return self

    def change(self, name: str, select: Selection) -> None:
        """Change the rows of one part."""
        (path,) = (self.output / "prepared").glob(f"*/{name}.parquet")
        pq.write_table(select(pq.read_table(path)), path)

    @property
    def holdout(self) -> Path:
        return self.output / "prepared" / "holdout"

    def failure(self, verb: str = "train") -> str:
        """What the verb says on failing."""
        arguments = [verb] if verb == "train" else [verb, "--run", self.layout.prefix]
        assert self.run(*arguments).returncode == 1
        return (self.base / "output" / ("failure" if verb == "train" else "message")).read_text()

    def training(self) -> dict[str, Any]:
        return dict(json.loads((self.base / "model" / "training.json").read_text()))
