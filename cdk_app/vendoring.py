"""The packages that a function needs beyond the Powertools layer, put beside its files by pip; no Docker needed."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import BundlingOptions, DockerImage, ILocalBundling

_PLATFORM = "manylinux_2_28_aarch64"  # of the functions, whatever machine synthesizes
_PYTHON = "3.13"
# What no function imports: tests, type stubs, and the metadata and sources of compiled files.
_NOT_NEEDED = (
    "**/tests",
    "**/*.pyi",
    "**/__pycache__",
    "bin",
    "mlflow/server/js",
    "mlflow/gateway",
    "mlflow/assistant",
)


def vendored(root: Path, function: str, source: str) -> BundlingOptions:
    """Bundling that adds what `functions/<function>/requirements.txt` locks to the files under `source`."""
    return BundlingOptions(
        image=DockerImage.from_registry("unused"),  # the local way always succeeds or raises
        local=_Pip(Path(source), root / "functions" / function / "requirements.txt"),
    )


@jsii.implements(ILocalBundling)
class _Pip:
    """Downloads wheels by hash for the functions' platform."""

    def __init__(self, source: Path, requirements: Path) -> None:
        self._source = source
        self._requirements = requirements

    def try_bundle(self, output_dir: str, _options: Any = None, **_: Any) -> bool:  # jsii hands the options in a row
        """Lay out the function's files and its packages. Raises subprocess.CalledProcessError."""
        target = Path(output_dir)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        command += ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation=cp"]
        command += [f"--platform={_PLATFORM}", f"--python-version={_PYTHON}", f"--target={target}"]
        subprocess.run([*command, "--requirement", str(self._requirements)], check=True, stdout=sys.stderr)
        for pattern in _NOT_NEEDED:
            for path in list(target.glob(pattern)):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._source, target, dirs_exist_ok=True)
        return True
