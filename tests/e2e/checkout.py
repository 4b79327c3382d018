"""A copy of the repository without its data sets, and the command line in it."""

import csv
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import ROOT

_ROOMS = ("cdk_app", "container", "events", "evergreen", "functions", "local", "statemachines")


@dataclass
class Checkout:
    """Where it is."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Checkout":
        """Copy what a checkout needs to run."""
        for name in _ROOMS:
            shutil.copytree(ROOT / name, root / name)  # with their compiled files, which hold as long as the times
        shutil.copy(ROOT / "cdk.json", root)
        (root / "datasets").mkdir()
        return cls(root)

    def evergreen(self, *arguments: str, expect: int = 0) -> str:
        command = [sys.executable, "-c", "from evergreen.cli.main import main; main()", *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, name: str, header: list[str], rows: list[list[object]], delimiter: str = ",") -> None:
        """Write a CSV file."""
        with (self.root / name).open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, delimiter=delimiter)
            writer.writerow(header)
            writer.writerows(rows)
