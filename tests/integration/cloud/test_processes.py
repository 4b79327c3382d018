import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.processes import Processes
from tests.integration.cloud.command import REPOSITORY

PARENT = """
import sys, time
from pathlib import Path
from local.processes import Processes
child = Processes().spawn(["sh", "-c", "sleep 300 & sleep 300"], cwd=Path("."), env={"PATH": sys.argv[1]})
print(child.pid, flush=True)
time.sleep(300)
"""
PATH = "/usr/bin:/bin"


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes()


def test_children_and_grandchildren_end_with_a_killed_parent(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", PARENT, PATH]
    with subprocess.Popen(argv, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        while len(family := [child, *child.children(recursive=True)]) < 3:
            pass
        parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


def test_close_ends_even_a_child_that_ignores_being_asked(tmp_path: Path, processes: Processes) -> None:
    stubborn = "trap '' TERM; echo ready; while :; do sleep 1; done"
    child = processes.spawn(["sh", "-c", stubborn], cwd=tmp_path, env={"PATH": PATH}, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    processes.close()
    assert child.returncode == -signal.SIGKILL


def test_what_a_child_leaves_behind_ends_with_it(tmp_path: Path, processes: Processes) -> None:
    argv = ["sh", "-c", "sleep 300 & echo $!"]
    child = processes.spawn(argv, cwd=tmp_path, env={"PATH": PATH}, stdout=subprocess.PIPE)
    assert child.stdout is not None
    left_behind = psutil.Process(int(child.stdout.readline()))
    assert child.wait() == 0
    _, alive = psutil.wait_procs([left_behind], timeout=5)
    assert alive == []
    processes.close()
