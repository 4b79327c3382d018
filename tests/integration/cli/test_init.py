"""`evergreen init` and `evergreen contract`, as their users run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.contract_file import read_folder
from tests.integration.cloud.command import REPOSITORY

EVERGREEN = "from evergreen.cli.main import main; main()"
ROWS = "\n".join(f"m{n},{n % 7},{'LMH'[n % 3]},{int(n % 5 == 0)},{int(n % 5 == 0 and n % 2)}" for n in range(400))
MACHINES = f"machine, speed [rpm],kind,broke down,RPF\n{ROWS}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What makes a checkout: the app's file, the laptop cloud, the container, and room for data sets."""
    for folder in ("local", "datasets"):
        (tmp_path / folder).mkdir()
    (tmp_path / "cdk.json").write_text("{}")
    for package in ("container", "evergreen"):
        (tmp_path / package).symlink_to(REPOSITORY / package)
    (tmp_path / "Machines 2024.csv").write_text(MACHINES)
    return tmp_path


def evergreen(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", EVERGREEN, *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=60)


def test_a_file_becomes_a_contract_that_passes_the_check(checkout: Path) -> None:
    done = evergreen(checkout, "init", "Machines 2024.csv", "--target", "broke down", "--entity", "machine")
    assert done.returncode == 0, done.stderr
    contract = read_folder(checkout / "datasets" / "machines_2024").contract
    assert (contract.task, contract.entity) == ("binary", "machine")
    assert {name for name, each in contract.input.columns.items() if not each.feature} == {"RPF"}
    assert "'RPF' is '1' only where the target is '1'" in done.stdout
    assert "evergreen drop machines_2024 'Machines 2024.csv' --watch" in done.stdout
    checked = evergreen(checkout, "contract", "check")
    assert (checked.returncode, checked.stdout.strip()) == (0, "datasets/machines_2024: ok")


def test_a_contract_is_overwritten_only_when_asked(checkout: Path) -> None:
    arguments = ("init", "Machines 2024.csv", "--target", "broke down", "--id", "lines")
    assert evergreen(checkout, *arguments).returncode == 0
    path = checkout / "datasets" / "lines" / "dataset.yaml"
    path.write_text("mine")
    refused = evergreen(checkout, *arguments)
    assert refused.returncode == 1
    assert "pass --force to overwrite it" in refused.stderr
    assert path.read_text() == "mine"
    assert evergreen(checkout, *arguments, "--force").returncode == 0
    assert read_folder(path.parent).contract.id == "lines"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Machines 2024.csv", "--target", "Broke Down"), "did you mean 'broke down'?"),
        (("Machines 2024.csv", "--target", "machine"), "has 400 different texts"),
        (("Machines 2024.csv", "--target", "kind", "--time", "RPF"), "--time 'RPF' holds no times"),
        (("Machines 2024.csv", "--target", "kind", "--id", "My Lines"), "did you mean 'my_lines'?"),
        (("gone.csv", "--target", "kind"), "gone.csv is not a file"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence_and_nothing_is_written(
    checkout: Path, arguments: tuple[str, ...], told: str
) -> None:
    refused = evergreen(checkout, "init", *arguments)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list((checkout / "datasets").iterdir()) == []


def test_the_check_tells_the_faults_of_every_data_set_and_fails(checkout: Path) -> None:
    evergreen(checkout, "init", "Machines 2024.csv", "--target", "broke down", "--id", "good")
    for name in ("bad", "worse"):
        (checkout / "datasets" / name).mkdir()
        text = (checkout / "datasets" / "good" / "dataset.yaml").read_text().replace("id: good", f"id: {name}")
        (checkout / "datasets" / name / "dataset.yaml").write_text(text)
    bad, worse = (checkout / "datasets" / name / "dataset.yaml" for name in ("bad", "worse"))
    bad.write_text(bad.read_text().replace("task: binary", "task: binry"))
    rules = "  rules: [{name: sound, sql: sped > 0, reason: it stands still}]\n  reject_file_above"
    worse.write_text(worse.read_text().replace("  reject_file_above", rules))
    checked = evergreen(checkout, "contract", "check")
    assert checked.returncode == 1
    assert "datasets/bad/dataset.yaml:6: task: 'binry' is not allowed; did you mean 'binary'?" in checked.stderr
    assert 'datasets/worse: input.rules sound: Binder Error: Referenced column "sped" not found' in checked.stderr
    assert "good: ok" in checked.stdout


def test_the_schema_is_written_for_editors(checkout: Path) -> None:
    done = evergreen(checkout, "contract", "schema", "-o", "made/contract.schema.json")
    assert done.returncode == 0
    assert "$schema" in json.loads((checkout / "made" / "contract.schema.json").read_text())


@pytest.mark.parametrize("command", [("init",), ("contract", "check"), ("contract", "schema"), ("drop",), ("up",)])
def test_every_command_shows_an_example(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert f"evergreen {' '.join(command)}" in " ".join(shown.stdout.split())


def test_a_column_with_a_name_that_duckdb_keeps_is_proposed_under_another(checkout: Path) -> None:
    body = "\n".join(f"{n},{n % 7},{n % 3},{int(n % 5 == 0)}" for n in range(400))
    (checkout / "odd.csv").write_text(f"File_Index,filename,filename_,y\n{body}\n")
    done = evergreen(checkout, "init", "odd.csv", "--target", "y", "--entity", "File_Index")
    assert done.returncode == 0, done.stderr
    contract = read_folder(checkout / "datasets" / "odd").contract
    aliases = {name: each.aliases for name, each in contract.input.columns.items()}
    assert aliases == {"File_Index_": ("File_Index",), "filename__": ("filename",), "filename_": (), "y": ()}
    assert contract.entity == "File_Index_"
    assert "'filename' is a name that DuckDB keeps for itself: here it is 'filename__'" in done.stdout
