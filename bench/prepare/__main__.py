"""`python -m bench.prepare [--rows N …] [--repeat N] [--ours-only]`: CPU seconds, peak memory, and ratios in one run.

Without --rows: the full Online Retail file. With it: generated files of these sizes, and how the cost per row grows.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.prepare.layout import lay_out
from cdk_app.synth import ROOT

HERE = Path(__file__).parent
YARDSTICKS = ROOT / "build" / "yardsticks"
MB = 1 << 20
READ_AS_TEXT = """
import sys, duckdb
duckdb.sql(f"SELECT COUNT(COLUMNS(*)) FROM read_csv('{sys.argv[1]}', all_varchar = true, header = true)").fetchall()
"""


class Cost(NamedTuple):
    """What one process took."""

    cpu: float  # seconds, of all threads
    wall: float  # seconds
    peak: int  # bytes


def main() -> None:
    """Measure every way on every file, interleaved, and print the medians."""
    parser = argparse.ArgumentParser(prog="python -m bench.prepare", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[], help="sizes of generated files")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--ours-only", action="store_true", help="leave out pandas, which needs ten times the memory")
    options = parser.parse_args()
    if not options.ours_only:
        _make_yardsticks()
    per_row = {}
    for rows in options.rows or [None]:
        with _source(rows) as source, tempfile.TemporaryDirectory(dir=source.parent) as folder:
            size = rows or sum(1 for _ in source.open("rb")) - 1
            costs = _measure(source, Path(folder), options.repeat, options.ours_only)
            _tell(size, costs)
            per_row[size] = costs["evergreen prepare"].cpu / size
    if len(per_row) > 1:
        least = min(per_row)
        for size, cost in per_row.items():
            print(f"{size:>12,} rows: {cost * 1e6:.2f} CPU µs a row, {cost / per_row[least]:.2f} × that of {least:,}")


def _measure(source: Path, folder: Path, repeat: int, ours_only: bool) -> dict[str, Cost]:
    ways = {"evergreen prepare": [], "DuckDB reads it as text": []}
    if not ours_only:
        ways |= {"pandas, no checks": [], "pandas + pandera": []}
    for _ in range(repeat):
        for way, found in ways.items():
            found.append(_run(way, source, folder / "work"))
            shutil.rmtree(folder / "work", ignore_errors=True)
    return {
        way: Cost(median(c.cpu for c in found), median(c.wall for c in found), max(c.peak for c in found))
        for way, found in ways.items()
    }


def _run(way: str, source: Path, work: Path) -> Cost:
    environment = dict(os.environ)
    if way == "evergreen prepare":
        prefix = lay_out(source, work)
        command = [sys.executable, "-m", "container", "prepare", "--run", prefix]
        environment["SAGEMAKER_BASE_DIR"] = str(work)
    elif way.startswith("DuckDB"):
        command = [sys.executable, "-c", READ_AS_TEXT, str(source)]
    else:
        command = [str(YARDSTICKS / "bin" / "python"), str(HERE / "pandas_naive.py"), str(source), str(work)]
        command += ["--checks"] if "pandera" in way else []
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{way} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss * 1024)


def _tell(rows: int, costs: dict[str, Cost]) -> None:
    ours = costs["evergreen prepare"]
    print(f"\n{rows:,} rows; all checks on, 13 cut-offs; medians\n")
    print(f"{'':<26}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}  {'CPU of prepare':>14}{'peak of prepare':>16}")
    for way, cost in costs.items():
        ratios = f"× {cost.cpu / ours.cpu:.2f}".rjust(14) + f"× {cost.peak / ours.peak:.2f}".rjust(16)
        print(f"{way:<26}{cost.cpu:>8.2f}{cost.wall:>8.2f}{cost.peak / MB:>9.0f}  {ratios}")


@contextmanager
def _source(rows: int | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        if rows:
            command = [sys.executable, "-m", "bench.prepare.generate", str(rows), str(path)]
            subprocess.run(command, cwd=ROOT, check=True)  # a child inherits its parent's largest size
        else:
            packed = ROOT / "datasets" / "next_purchase" / "online_retail.csv.gz"
            with gzip.open(packed) as text, path.open("wb") as plain:
                shutil.copyfileobj(text, plain)
        yield path


def _make_yardsticks() -> None:
    if (YARDSTICKS / ".ready").exists():
        return
    print("Setting up pandas and pandera in an environment of their own …")
    venv.create(YARDSTICKS, with_pip=True, clear=True)
    command = [str(YARDSTICKS / "bin" / "pip"), "install", "--quiet", "--require-hashes"]
    subprocess.run([*command, "-r", str(HERE / "requirements.txt")], check=True)
    (YARDSTICKS / ".ready").touch()


if __name__ == "__main__":
    main()
