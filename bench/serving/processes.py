"""A server's processes: their start, what they take, and their end."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bench.serving.material import Material
from bench.serving.servers import Server
from bench.serving.usage import memory, tree

LONGEST_START, LONGEST_END = 60.0, 10.0
STEP = 0.005


class DidNotStart(RuntimeError):
    """A server ended, or did not answer in time; says what it wrote last."""


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    server: Server
    material: Material
    pid: int
    port: int
    started_in: float  # seconds until the first 200
    memory: float  # MB then, of all its processes; shared pages are counted once


@contextmanager
def running(server: Server, material: Material, build: Path) -> Iterator[Running]:
    """Start a server, wait until it is well, and end all its processes afterwards."""
    port = _free_port()
    command, variables = server.started_with(material, port)
    programs = build / server.environment / "bin"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    log = build / "logs" / f"{server.title.replace(', ', '-').replace(' ', '-')}-{material.trees}.log"
    log.parent.mkdir(exist_ok=True)
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(programs / command[0]), *command[1:]],
            cwd=server.folder,
            env={**os.environ, "PATH": path, **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while not _well(port, server.health):
            if process.poll() is not None or time.perf_counter() - began > LONGEST_START:
                said = log.read_text(errors="replace").strip().splitlines()
                raise DidNotStart(f"{server.title} did not start: {said[-1] if said else 'it said nothing'} ({log})")
            time.sleep(STEP)
        seconds = time.perf_counter() - began
        yield Running(server, material, process.pid, port, seconds, memory(process.pid))
    finally:
        _end(process)


def _well(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the first process, as Docker does; what it leaves behind is killed."""
    processes = tree(process.pid)
    process.terminate()
    _, left = psutil.wait_procs(processes, timeout=LONGEST_END)
    for each in left:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
