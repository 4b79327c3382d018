"""The Lambda handler between S3 and S3: it does what the job does, and leaves nothing behind."""

import errno
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from container import small_data
from container.directories import Directories
from container.prepare import command
from container.small_data import TooLargeForFunction
from evergreen.errors import StoreUnavailable
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from tests.integration.functions.world import DATASET, ROOT, World
from tests.integration.stores.aws import BUCKET, account

SAMPLE = ROOT / "datasets" / DATASET / "sample.csv.gz"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # what /tmp is on AWS: this function's alone
    with account() as aws:
        monkeypatch.setattr(small_data, "s3", aws.s3)
        yield World.of(aws)


@pytest.fixture
def event(world: World) -> dict[str, Any]:
    """What the workflow hands on for a run of the sample file."""
    run_id, (arrival,) = world.run(f"incoming/{DATASET}/sample.csv.gz")
    pinned = world.pinning.pin(DATASET, run_id, 1)
    key = RunLayout(DATASET, run_id).input_file(0, "sample.csv.gz")
    world.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=SAMPLE.read_bytes())
    assert arrival.key
    outputs = {name: pinned[name] for name in ("prepared", "accepted", "quarantine")}
    return {"run_prefix": pinned["run_prefix"], "inputs": pinned["prepare_inputs"], "outputs": outputs}


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts one small file in place of prepare."""

    def run(directories: Directories, prefix: str) -> None:
        assert (directories.processing_input / prefix / "run.json").is_file()
        for name in ("prepared", "accepted", "quarantine"):
            file = directories.processing_output / name / "deep" / "a.txt"
            file.parent.mkdir(parents=True)
            file.write_text(name)
        Path(tempfile.mkdtemp(), "scratch").write_text("x")

    monkeypatch.setattr(small_data, "run", run)


def raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run(directories: Directories, prefix: str) -> None:
        raise error

    monkeypatch.setattr(small_data, "run", run)


def as_a_job(world: World, event: dict[str, Any], base: Path) -> Path:
    """What the Processing job makes of the same inputs, in its output folder."""
    directories = Directories(base)
    for key in json.loads(world.aws.text(event["inputs"].removeprefix(f"s3://{BUCKET}/")))[1:]:
        file = directories.processing_input / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(world.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    command.run(directories, prefix=event["run_prefix"])
    return directories.processing_output


def test_it_writes_what_the_job_writes_to_the_same_keys(world: World, event: dict[str, Any], tmp_path: Path) -> None:
    output = as_a_job(world, event, tmp_path / "job")
    small_data.handler(event, None)
    for name, uri in event["outputs"].items():
        prefix = uri.removeprefix(f"s3://{BUCKET}/")
        files = sorted(file.relative_to(output / name).as_posix() for file in (output / name).rglob("*.*"))
        assert sorted(key.removeprefix(f"{prefix}/") for key in world.aws.keys(f"{prefix}/")) == files
    run_id = event["run_prefix"].rsplit("/", 1)[1]
    report = world.files.read(RunLayout(DATASET, run_id).report, DataReport)
    by_the_job = DataReport.model_validate_json((output / "prepared" / "report.json").read_bytes())
    assert report == by_the_job.model_copy(update={"seconds": report.seconds})
    assert report.files[0].accepted > 0


@pytest.mark.usefixtures("writes")
def test_doing_it_again_writes_the_same(world: World, event: dict[str, Any]) -> None:
    small_data.handler(event, None)
    once = world.aws.keys()
    small_data.handler(event, None)
    assert world.aws.keys() == once
    for name, uri in event["outputs"].items():
        assert world.aws.text(f"{uri.removeprefix(f's3://{BUCKET}/')}/deep/a.txt") == name


@pytest.mark.usefixtures("writes")
def test_a_warm_environment_is_cleared_before_and_after(event: dict[str, Any], tmp_path: Path) -> None:
    left = tmp_path / "small-data" / "processing" / "output" / "prepared" / "left.txt"
    left.parent.mkdir(parents=True)
    left.write_text("by an invocation that was ended in the middle")
    small_data.handler(event, None)
    assert list(tmp_path.iterdir()) == []
    assert tempfile.gettempdir() == str(tmp_path)


@pytest.mark.usefixtures("writes")
def test_what_an_ended_invocation_left_is_not_uploaded(world: World, event: dict[str, Any], tmp_path: Path) -> None:
    left = tmp_path / "small-data" / "processing" / "output" / "prepared" / "left.txt"
    left.parent.mkdir(parents=True)
    left.write_text("old")
    small_data.handler(event, None)
    assert not [key for key in world.aws.keys("runs/") if key.endswith("left.txt")]


def test_an_error_of_the_code_stays_as_it_is_and_nothing_is_uploaded(
    world: World, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = world.aws.keys()
    raises(monkeypatch, ValueError("features.sql: no column 'price'"))
    with pytest.raises(ValueError, match="no column 'price'"):
        small_data.handler(event, None)
    assert world.aws.keys() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        duckdb.OutOfMemoryException("could not allocate block"),
        OSError(errno.ENOSPC, "No space left on device"),
        duckdb.IOException("Could not write file: No space left on device"),
    ],
)
def test_what_a_larger_machine_could_do_is_told_as_too_large(
    event: dict[str, Any], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    raises(monkeypatch, error)
    with pytest.raises(TooLargeForFunction):
        small_data.handler(event, None)


def test_another_fault_of_a_file_is_not_one_of_size(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    raises(monkeypatch, FileNotFoundError("target.sql"))
    with pytest.raises(FileNotFoundError):
        small_data.handler(event, None)


def test_an_input_that_cannot_be_fetched_is_worth_another_try_and_named(world: World, event: dict[str, Any]) -> None:
    key = event["inputs"].removeprefix(f"s3://{BUCKET}/")
    named = json.loads(world.aws.text(key))
    world.aws.put(key, json.dumps([*named, "accepted/gone.parquet"]))
    with pytest.raises(StoreUnavailable, match=event["run_prefix"]):
        small_data.handler(event, None)
