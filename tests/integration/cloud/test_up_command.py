import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from tests.integration.cloud.assemblies import write_assembly
from tests.integration.cloud.command import REPOSITORY
from tests.integration.cloud.conftest import Up


def test_the_assembly_is_deployed_and_an_interrupt_leaves_no_process(up: Up, tmp_path: Path) -> None:
    command = up("--assembly", str(write_assembly(tmp_path / "app", "Small", "hello")))
    function = command.outputs["Small"]["Function"]
    answer = command.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert answer["Payload"].read() == b'"hello"'
    children = psutil.Process(command.process.pid).children(recursive=True)
    assert len(children) >= 2, "the function and the guardian"
    assert command.end(signal.SIGINT) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert command.process.stdout is not None
    printed = command.process.stdout.read()
    assert f"export AWS_ENDPOINT_URL={command.endpoint_url}" in printed
    assert f"Small.Function = {function}" in printed


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
    ended = run(tmp_path, "--port", "0")
    assert ended.returncode == 1
    assert "cdk.out/manifest.json does not exist: synthesize" in ended.stderr


def test_a_state_directory_needs_an_assembly(tmp_path: Path) -> None:
    ended = run(tmp_path, "--port", "0", "--empty", "--state-dir", "state")
    assert ended.returncode == 1
    assert "--state-dir" in ended.stderr
