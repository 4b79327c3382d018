import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.integration.cloud.assemblies import write_assembly
from tests.integration.cloud.command import REPOSITORY, RunningCommand, up


def wait_until_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return list(alive)


def with_a_function_process(tmp_path: Path) -> tuple[RunningCommand, list[psutil.Process]]:
    command = up(tmp_path, "--assembly", str(write_assembly(tmp_path / "app", "Small", "hello")))
    answer = command.client("lambda").invoke(FunctionName=command.outputs["Small"]["Function"], Payload=b"{}")
    assert answer["Payload"].read() == b'"hello"'
    children = psutil.Process(command.process.pid).children(recursive=True)
    assert len(children) >= 2, "the function and the guardian"
    return command, children


def test_the_assembly_is_deployed_and_an_interrupt_leaves_no_process(tmp_path: Path) -> None:
    command, children = with_a_function_process(tmp_path)
    assert command.end(signal.SIGINT) == 0
    assert wait_until_gone(children) == []
    assert command.process.stdout is not None
    printed = command.process.stdout.read()
    assert f"export AWS_ENDPOINT_URL={command.endpoint_url}" in printed
    assert f"Small.Function = {command.outputs['Small']['Function']}" in printed


def test_sigkill_leaves_no_process_either(tmp_path: Path) -> None:
    command, children = with_a_function_process(tmp_path)
    command.end(signal.SIGKILL)
    assert wait_until_gone(children) == []


def run(tmp_path: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "local", "up", *options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, "--empty", "--port", str(port))
    assert ended.returncode == 1
    assert f"port {port} is in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_assembly_is_named_with_the_remedy(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = run(tmp_path, "--port", "0")
    assert ended.returncode == 1
    assert "cdk.out/manifest.json does not exist: synthesize" in ended.stderr
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("options", [["--empty", "--state-dir", "state"]])
def test_a_state_directory_needs_an_assembly(tmp_path: Path, options: list[str]) -> None:
    ended = run(tmp_path, "--port", "0", *options)
    assert ended.returncode == 1
    assert "--state-dir" in ended.stderr
