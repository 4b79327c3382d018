"""Training jobs as processes on folders like SageMaker's, one for each host."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.signature import AS_OF, OUTPUTS, Feature, Signature
from tests.integration.container.as_in_the_image import image_environment
from tests.integration.container.conftest import REPOSITORY

KINDS = ("a", "b", "c")
FEATURES = (Feature("heat", "number"), Feature("wear", "number"), Feature("kind", "category", KINDS))
SIGNATURE = Signature("made", "regression", "who", FEATURES, "", "y", OUTPUTS["regression"], "random")


def made_channel(folder: Path, rows: int = 12_000) -> Path:
    """Rows to learn from and to judge by."""
    folder.mkdir(parents=True)
    (folder / "signature.json").write_text(SIGNATURE.to_json())
    for seed, (name, count) in enumerate({"train": rows, "validation": rows // 4}.items()):
        random = np.random.default_rng(seed)
        heat, wear, kind = random.normal(size=count), random.normal(size=count), random.integers(0, 3, count)
        columns: dict[str, Any] = {
            "who": [f"{name} {number}" for number in range(count)],
            AS_OF: pa.nulls(count, pa.timestamp("us")),
            "heat": heat,
            "wear": np.where(random.random(count) < 0.1, np.nan, wear),
            "kind": np.array(KINDS)[kind],
            "y": 50 + 10 * np.sin(2 * heat) + 5 * kind * wear + random.normal(size=count),
        }
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=5_000)
    return folder


def start(base: Path, channel: Path, hosts: Sequence[str] = (), current: str = "", **given: Any) -> Any:
    """The job on one host, whose folders are below `base`."""
    (base / "input" / "config").mkdir(parents=True, exist_ok=True)
    (base / "input" / "data").mkdir(exist_ok=True)
    if not (base / "input" / "data" / "train").exists():
        (base / "input" / "data" / "train").symlink_to(channel)
    told = {name: str(value) for name, value in given.items()}
    (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(told))
    if hosts:
        resources = {"current_host": current, "hosts": list(hosts)}
        (base / "input" / "config" / "resourceconfig.json").write_text(json.dumps(resources))
    return subprocess.Popen(
        [sys.executable, "-m", "container", "train"],
        cwd=REPOSITORY,
        env=image_environment(SAGEMAKER_BASE_DIR=str(base), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def lines(text: str) -> list[dict[str, Any]]:
    """A job's log."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def error_of(base: Path) -> float:
    """The root of the mean squared error of the model, before it learned them, on the validation rows."""
    told = json.loads((base / "model" / "training.json").read_text())
    return float(told["validation_metrics"]["rmse"])
