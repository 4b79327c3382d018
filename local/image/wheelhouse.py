"""`python -m local.image.wheelhouse`: the wheels of the image's lock file, for builds without a network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from local.image.context import LOCK, wheelhouse

PYTHON = "3.13"  # the image's
_GLIBC = (17, 24, 26, 27, 28, 31, 34)  # what wheels ask for, and Debian 13 has
PLATFORMS = ("manylinux2014_x86_64", *(f"manylinux_2_{minor}_x86_64" for minor in _GLIBC))


def download(root: Path) -> Path:
    """Fill the wheelhouse, unless it is there; pip takes them from where it is configured to."""
    target = wheelhouse(root)
    if target.is_dir():
        return target
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", f"--python-version={PYTHON}", "--implementation=cp"]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    subprocess.run([*command, "-r", str(root / LOCK), "-d", str(partial)], check=True)
    partial.rename(target)
    return target


def main() -> int:
    """Run the command and return its exit code."""
    root = Path(__file__).resolve().parents[2]
    packages = len(re.findall(r"^\S+==", (root / LOCK).read_text(), re.MULTILINE))
    print(f"Downloading the {packages} locked wheels of the image …", flush=True)
    try:
        folder = download(root)
    except subprocess.CalledProcessError as error:
        print(f"error: pip could not download them (exit code {error.returncode})", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder.relative_to(root)}: {size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
