"""The built image on SageMaker's folders, with less allowed to it than SageMaker allows."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.image.image import Image, built_image
from local.processes import Processes
from tests.integration.container.conftest import REPOSITORY, SAMPLE, Stage

NOBODY = 10001  # a user whom the image does not know


@dataclass
class Sealed(Stage):
    """A run's folders, and the image on them: no network, a read-only root, no capabilities."""

    image: Image = field(kw_only=True)
    user: int = NOBODY

    def command(self, *arguments: str, **env: str) -> list[str]:
        for path in (self.base, *self.base.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        flags = [f"--user={self.user}:{self.user}", "--memory=2g", "--tmpfs=/tmp"]
        return self.image.engine.run_command(
            self.image.tag, arguments, mounts={self.base: "/opt/ml"}, env={"DUCKDB_THREADS": "1", **env}, flags=flags
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120, check=False)


def lines(output: str) -> list[dict[str, Any]]:
    """What was logged; everything must be one JSON object per line."""
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    found = built_image(REPOSITORY)
    yield found
    found.close()


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    started = Processes()
    yield started
    started.close()


@pytest.fixture(scope="session")
def sealed(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """The sample, prepared and trained on in the image."""
    stage = Sealed(_reachable(tmp_path_factory.mktemp("sealed")), image=image)
    stage.prepare({"sample.csv.gz": SAMPLE})
    done = stage.train(max_depth="3")
    assert done.returncode == 0, done.stdout + done.stderr
    return stage


@pytest.fixture
def stage(image: Image, tmp_path: Path) -> Sealed:
    return Sealed(_reachable(tmp_path), image=image)


def _reachable(folder: Path) -> Path:
    """A folder whose parents any user may walk through."""
    for parent in folder.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    base = folder / "ml"
    base.mkdir()
    folder.chmod(0o755)
    return base
