"""`python -m bench.train [--rows N] [--features N]`: training with its rows in memory beside rows on disk, in one run:
peak memory that is not the page cache's, CPU seconds, and the error on validation rows; both are `container train`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.signature import AS_OF, OUTPUTS, Feature, Signature

ROOT = Path(__file__).parents[1]
GROUP = 100_000  # rows that are made at a time
ROUNDS = 12


@dataclass(frozen=True)
class Seen:
    """One job."""

    peak_mb: float
    cpu: float
    rmse: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.train", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--features", type=int, default=30)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="bench-train-") as folder:
        channel = _channel(Path(folder) / "channel", options.rows, options.features)
        memory = _train(Path(folder) / "memory", channel, memory_mb=1_000_000)
        disk = _train(Path(folder) / "disk", channel, memory_mb=0)
    print(f"{options.rows:,} rows x {options.features} features, {ROUNDS} rounds")
    print(f"{'':10}{'peak MB':>10}{'CPU s':>10}{'RMSE':>12}")
    for name, seen in {"in memory": memory, "on disk": disk}.items():
        print(f"{name:10}{seen.peak_mb:>10.0f}{seen.cpu:>10.1f}{seen.rmse:>12.6f}")
    shares = disk.peak_mb / memory.peak_mb, disk.cpu / memory.cpu, disk.rmse / memory.rmse
    print(f"{'ratio':10}{shares[0]:>10.2f}{shares[1]:>10.2f}{shares[2]:>12.6f}")


def _channel(folder: Path, rows: int, features: int) -> Path:
    folder.mkdir()
    names = [f"x{number}" for number in range(features)]
    listed = tuple(Feature(name, "number") for name in names)
    signature = Signature("made", "regression", "who", listed, "", "y", OUTPUTS["regression"], "random")
    (folder / "signature.json").write_text(signature.to_json())
    random = np.random.default_rng(17)
    for name, count in {"train": rows, "validation": rows // 5}.items():
        writer = None
        for start in range(0, count, GROUP):
            size = min(GROUP, count - start)
            values = random.normal(size=(size, features))
            noise = random.normal(size=size)
            columns = {
                "who": np.arange(start, start + size),
                AS_OF: pa.nulls(size, pa.timestamp("us")),
                "y": np.sin(values[:, 0]) * 10 + values[:, 1] * values[:, 2] * 3 + noise,
                **{name: values[:, place] for place, name in enumerate(names)},
            }
            table = pa.table(columns)
            writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writer.write_table(table)
        if writer:
            writer.close()
    return folder


def _train(base: Path, channel: Path, memory_mb: int) -> Seen:
    (base / "input" / "config").mkdir(parents=True)
    (base / "input" / "data").mkdir()
    (base / "input" / "data" / "train").symlink_to(channel)
    asked = {"metric": "rmse", "num_round": ROUNDS, "eta": 0.2, "memory_mb": memory_mb}
    given = {name: str(value) for name, value in asked.items()}
    (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(given))
    job = subprocess.Popen(
        [sys.executable, "-m", "container", "train"],
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(base)},
        stdout=subprocess.DEVNULL,
    )
    peak = 0.0
    while True:
        done, status, usage = os.wait4(job.pid, os.WNOHANG)
        if done:
            break
        peak = max(peak, _anonymous_mb(job.pid))
        time.sleep(0.02)
    if status:
        raise SystemExit(f"the job failed: {(base / 'output' / 'failure').read_text()}")
    told = json.loads((base / "model" / "training.json").read_text())
    return Seen(peak, usage.ru_utime + usage.ru_stime, told["validation_metrics"]["rmse"])


def _anonymous_mb(pid: int) -> float:
    """What the machine cannot take back: without pages of files."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("RssAnon")) / 1000


if __name__ == "__main__":
    main()
