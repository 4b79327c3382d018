"""`python -m cdk_app.synth`: synthesizes into `cdk.out`, unless nothing that goes into it has changed."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from cdk_app.commit import INPUTS, commit_of

ROOT = Path(__file__).resolve().parent.parent
# On the laptop there are always MLflow and a CRM, and what a function needs beyond its own files comes from the
# environment.
_CONTEXT = {"mlflow": "true", "crm_secret": "evergreen-crm", "aws:cdk:bundling-stacks": []}
_SUFFIXES = {".py", ".json", ".sql", ".yaml", ".txt", ".in", ".j2", ".css", ""}


def synthesize(root: Path = ROOT) -> Path:
    """Return the cloud assembly of the app under `root`, made anew only when its inputs have changed.

    Raises subprocess.CalledProcessError when the app does not synthesize.
    """
    with _alone(root):
        return _synthesized(root)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Wait for whoever else is about to make the same assembly."""
    with (root / ".cdk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _synthesized(root: Path) -> Path:
    assembly, stamp = root / "cdk.out", root / "cdk.out" / ".inputs"
    digest = _digest(root)
    if stamp.is_file() and stamp.read_text() == digest:
        return assembly
    shutil.rmtree(assembly, ignore_errors=True)  # or assets of earlier times would pile up
    # jsii needs a supported Node; the environment's own comes first.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "CDK_OUTDIR": str(assembly), "PATH": path}
    environment["CDK_CONTEXT_JSON"] = json.dumps(_CONTEXT)
    subprocess.run([sys.executable, str(root / "cdk_app" / "app.py")], cwd=root, env=environment, check=True)
    stamp.write_text(digest)
    return assembly


def _digest(root: Path) -> str:
    digest = hashlib.sha256(f"{version('aws-cdk-lib')} {commit_of(root)} {_CONTEXT}".encode())
    for name in INPUTS:
        start = root / name
        for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
            if path.is_file() and path.suffix in _SUFFIXES and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    print(synthesize())
