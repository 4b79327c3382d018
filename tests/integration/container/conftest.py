"""Stages runs as SageMaker would and runs the container's verbs as processes."""

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from evergreen.contract import Contract
from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from tests.integration.container.as_in_the_image import image_environment

REPOSITORY = Path(__file__).parents[3]
DATASET = REPOSITORY / "datasets" / "next_purchase"
SAMPLE = DATASET / "sample.csv.gz"


def sample_lines() -> list[bytes]:
    """The committed sample, header first."""
    return gzip.decompress(SAMPLE.read_bytes()).splitlines(keepends=True)


@dataclass
class Stage:
    """One run's folders below a base of its own."""

    base: Path
    run_id: str = "r1"
    dataset: str = "next_purchase"

    @property
    def layout(self) -> RunLayout:
        return RunLayout(self.dataset, self.run_id)

    @property
    def output(self) -> Path:
        return self.base / "processing" / "output"

    def put(self, key: str, content: bytes | str | Path, below: str = "processing/input") -> None:
        path = self.base / below / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def stage_prepare(
        self,
        files: Mapping[str, bytes | Path],
        history: Sequence[Path] = (),
        queries: Mapping[str, str] | None = None,
        champion: bool = False,
        champion_profile: Path | None = None,
        **changes: Any,
    ) -> None:
        inputs, earlier = [], []
        for number, (name, content) in enumerate(files.items()):
            key = self.layout.input_file(number, name)
            self.put(key, content)
            source = f"s3://data/incoming/{self.dataset}/{name}"
            inputs.append({"arrival_id": f"a{number}", "source": source, "version_id": "v", "key": key, "size": 1})
        for path in history:
            earlier.append(f"accepted/{self.dataset}/r0/{path.name}")
            self.put(earlier[-1], path)
        folder = REPOSITORY / "datasets" / self.dataset
        document = yaml.safe_load((folder / "dataset.yaml").read_text())
        document.pop("teachers", None)  # they ask for more of a contract than these tests state
        document |= changes
        contract = Contract.model_validate(document)
        manifest = {"run_id": self.run_id, "dataset": contract.id, "fence": 1, "inputs": inputs, "history": earlier}
        if champion or champion_profile:
            manifest["champion"] = {"run_id": "r0", "model_key": f"runs/{self.dataset}/r0/model.tar.gz"}
        if champion_profile:
            manifest["champion_profile"] = RunLayout(self.dataset, "r0").profile
            self.put(manifest["champion_profile"], champion_profile)
        self.put(self.layout.manifest, json.dumps(manifest))
        self.put(self.layout.contract_file("dataset.json"), contract.model_dump_json(by_alias=True))
        for name in contract.sql_files:
            self.put(self.layout.contract_file(name), (queries or {}).get(name) or (folder / name).read_text())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "container", *arguments],
            cwd=REPOSITORY,
            env=image_environment(SAGEMAKER_BASE_DIR=str(self.base), DUCKDB_THREADS="1"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def prepare(self, files: Mapping[str, bytes | Path], **options: Any) -> DataReport:
        self.stage_prepare(files, **options)
        done = self.run("prepare", "--run", self.layout.prefix)
        assert done.returncode == 0, done.stderr
        return DataReport.model_validate_json((self.output / "prepared" / "report.json").read_bytes())

    def train(self, **hyperparameters: str) -> subprocess.CompletedProcess[str]:
        shutil.copytree(self.output / "prepared" / "train", self.base / "input" / "data" / "train")
        self.put("hyperparameters.json", json.dumps(hyperparameters), below="input/config")
        return self.run("train")

    @property
    def archive(self) -> Path:
        path = self.base / "model.tar.gz"
        if not path.exists():
            with tarfile.open(path, "w:gz") as archive:
                archive.add(self.base / "model", ".")
        return path

    def stage_evaluate(
        self, holdout: Path, challenger: Path, champion: Path | None = None, champion_sha256: str | None = None
    ) -> None:
        shutil.copytree(holdout, self.base / "processing" / "input" / "holdout")
        self.put("challenger/model.tar.gz", challenger)
        key = f"runs/{self.dataset}/r0/models/champion/output/model.tar.gz"
        if champion:
            self.put(f"run/{key}", champion)
        manifest = {"run_id": self.run_id, "dataset": self.dataset, "fence": 1, "inputs": [], "history": []}
        known = {"run_id": "r0", "model_key": key, "model_sha256": champion_sha256}
        manifest["champion"] = known if champion else None
        self.put(f"run/{self.layout.manifest}", json.dumps(manifest))

    def evaluate(
        self, holdout: Path, challenger: Path, champion: Path | None = None, champion_sha256: str | None = None
    ) -> Evaluation:
        self.stage_evaluate(holdout, challenger, champion, champion_sha256)
        done = self.run("evaluate", "--run", self.layout.prefix)
        assert done.returncode == 0, done.stderr
        return Evaluation.model_validate_json((self.output / "evaluation" / "evaluation.json").read_bytes())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@dataclass
class Trained(Stage):
    """A stage with what its verbs said."""

    report: DataReport = field(init=False)
    log: list[dict[str, Any]] = field(init=False)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The sample, prepared and trained once for all tests."""
    stage = Trained(tmp_path_factory.mktemp("trained"))
    stage.report = stage.prepare({"sample.csv.gz": SAMPLE})
    done = stage.train(max_depth="3", interval="0.8")
    assert done.returncode == 0, done.stderr
    stage.log = [json.loads(line) for line in done.stdout.splitlines()]
    return stage
