"""A Python environment for each server, so that none finds what another has installed."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.serving.material import Material
from bench.serving.servers import PEERS, ROOT, Server
from local.image.context import LOCK, wheelhouse
from local.image.wheelhouse import PYTHON

READY = ".ready"


class NoInterpreter(RuntimeError):
    """The Python of the image is not on this machine."""


def interpreter() -> str:
    """A Python of the image's version, which every environment is made with."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in (f"python{PYTHON}", *sorted(map(str, versions.glob(f"{PYTHON}.*/bin/python")), reverse=True)):
        try:
            asked = subprocess.run([found, "-c", "import venv"], check=False, capture_output=True)
        except OSError:
            continue
        if asked.returncode == 0:
            return found
    raise NoInterpreter(f"Python {PYTHON}, which the image has, is not on this machine; name one by --python")


def set_up(servers: Iterable[Server], build: Path, python: str) -> dict[str, str]:
    """Make what is not there yet; gives the reason for each environment that cannot be had."""
    failures = {}
    for name in dict.fromkeys(server.environment for server in servers):
        folder = build / name
        requirements = ROOT / LOCK if name == "ours" else PEERS / f"{name}.txt"
        wanted = requirements.read_text()
        if (folder / READY).is_file() and (folder / READY).read_text() == wanted:
            continue
        print(f"Setting up {name} in an environment of its own …", flush=True)
        if reason := _install(folder, requirements, python):
            failures[name] = reason
        else:
            (folder / READY).write_text(wanted)
    return failures


def save_for_mlflow(materials: Iterable[Material], environment: Path) -> None:
    """MLflow serves models of its own form."""
    for material in materials:
        if not (folder := material.base / "mlflow").is_dir():
            command = [environment / "bin" / "python", PEERS / "mlflow_scoring.py", material.booster, folder]
            subprocess.run(command, check=True, capture_output=True)


def _install(folder: Path, requirements: Path, python: str) -> str | None:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    pip += ["--only-binary", ":all:", "--requirement", str(requirements)]
    if (wheels := wheelhouse(ROOT)).is_dir():
        pip += ["--find-links", str(wheels)]
    done = subprocess.run(pip, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    return next((line for line in reversed(done.stderr.splitlines()) if line.startswith("ERROR")), "pip failed")
