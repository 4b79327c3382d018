"""A training job that is interrupted, has little memory, or has several hosts."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from functions.pin_inputs.training import metric_definitions
from tests.integration.container.training_jobs import error_of, lines, made_channel, start

SLOW = {"metric": "rmse", "eta": 0.02, "num_round": 1500, "max_depth": 6}
QUICK = {"metric": "rmse", "eta": 0.1, "num_round": 150}


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_channel(tmp_path_factory.mktemp("made") / "train")


@pytest.fixture(scope="module")
def alone(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One host with memory enough, and its log."""
    base = tmp_path_factory.mktemp("alone")
    process = start(base, channel, **QUICK)
    log, _ = process.communicate(timeout=60)
    assert process.returncode == 0, log
    return base, log


def test_a_job_that_sigterm_ends_is_gone_on_with_to_the_same_model(channel: Path, tmp_path: Path) -> None:
    bases = [tmp_path / "whole", tmp_path / "stopped", tmp_path / "resumed"]
    whole = start(bases[0], channel, **SLOW)
    (bases[1] / "checkpoints").mkdir(parents=True)
    stopped = start(bases[1], channel, **SLOW)
    while '"boosted"' not in stopped.stdout.readline():
        assert stopped.poll() is None
    stopped.send_signal(signal.SIGTERM)
    log, _ = stopped.communicate(timeout=30)
    assert stopped.returncode == 143, log
    kept = list((bases[1] / "checkpoints").glob("*.checkpoint"))
    assert kept, log
    bases[2].mkdir()
    (bases[1] / "checkpoints").rename(bases[2] / "checkpoints")  # as SageMaker hands them to the next instance
    resumed = start(bases[2], channel, **SLOW)
    log, _ = resumed.communicate(timeout=60)
    (from_round,) = (line["rounds"] for line in lines(log) if line["event"] == "resumed")
    assert 0 < from_round < SLOW["num_round"]
    assert whole.wait(60) == resumed.returncode == 0
    first, second = ((base / "model" / "model.ubj").read_bytes() for base in (bases[0], bases[2]))
    assert first == second


def test_a_job_without_memory_for_its_rows_makes_a_model_as_good(
    channel: Path, alone: tuple[Path, str], tmp_path: Path
) -> None:
    process = start(tmp_path, channel, **QUICK, memory_mb=0)
    log, _ = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert [line["event"] for line in lines(log)].count("rows stay on disk") == 1
    assert error_of(tmp_path) == pytest.approx(error_of(alone[0]), rel=2e-5)
    assert list(tmp_path.glob("rows-*")) == []


def test_sagemaker_reads_every_metric_in_a_jobs_log(alone: tuple[Path, str]) -> None:
    base, log = alone
    told = json.loads((base / "model" / "training.json").read_text())
    found: dict[str, list[str]] = {
        each["Name"]: re.findall(each["Regex"], log) for each in metric_definitions("regression")
    }
    assert all(found.values()), found
    for name, value in told["validation_metrics"].items():
        assert float(found[f"validation:{name}"][-1]) == value
    assert int(found["train:rounds"][-1]) == told["best_iterations"]["model"] + 1
    assert float(found["train:loss"][1]) < float(found["train:loss"][0])
    assert float(found["validation:loss"][1]) < float(found["validation:loss"][0])


def _addresses(base: Path, count: int) -> list[str]:
    """Hosts of this machine alone, of which no other test has the same."""
    place = abs(hash(base)) % 60_000
    return [f"127.{1 + place // 250}.{1 + place % 250}.{host + 1}" for host in range(count)]


def _started(base: Path, channel: Path, count: int, **given: Any) -> list[Any]:
    hosts = _addresses(base, count)
    return [start(base / host, channel, hosts, host, **given) for host in hosts]


def test_two_hosts_make_one_model_as_good_as_that_of_one(
    channel: Path, alone: tuple[Path, str], tmp_path: Path
) -> None:
    processes = _started(tmp_path, channel, 2, **QUICK)
    logs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], logs
    digests = [[line["sha256"] for line in lines(log) if line["event"] == "learned"] for log in logs]
    assert digests[0] == digests[1]
    assert digests[0]
    first, second = (tmp_path / host for host in _addresses(tmp_path, 2))
    assert error_of(first) == pytest.approx(error_of(alone[0]), rel=5e-3)
    assert not (second / "model").exists()
    told = [json.loads((base / "model" / "training.json").read_text()) for base in (first, alone[0])]
    assert told[0]["rows"] == told[1]["rows"] == 12_000
    assert told[0]["baseline"] == told[1]["baseline"]
    assert (first / "model" / "learned_rows.npy").read_bytes() == (alone[0] / "model" / "learned_rows.npy").read_bytes()


def test_a_host_that_is_lost_ends_the_others_soon(channel: Path, tmp_path: Path) -> None:
    processes = _started(tmp_path, channel, 2, **SLOW)
    try:
        for process in processes:
            while "together" not in process.stdout.readline():
                assert process.poll() is None
        processes[1].kill()
        began = time.monotonic()
        log, _ = processes[0].communicate(timeout=30)
        assert time.monotonic() - began < 15
        assert processes[0].returncode not in (0, None), log
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_hosts_that_few_rows_do_not_need_are_dropped(tmp_path: Path) -> None:
    few = made_channel(tmp_path / "few", rows=900)
    processes = _started(tmp_path, few, 2, **QUICK)
    logs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], logs
    assert "not needed" in logs[1]


def test_an_algorithm_that_learns_on_one_host_refuses_two(channel: Path, tmp_path: Path) -> None:
    (process,) = _started(tmp_path, channel, 2, algorithm="linear")[:1]
    process.communicate(timeout=30)
    (base,) = (tmp_path / host for host in _addresses(tmp_path, 2)[:1])
    assert "linear learns on one instance, not on 2" in (base / "output" / "failure").read_text()
