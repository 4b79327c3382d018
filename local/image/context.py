"""What the image is built from: the program, its lock file and, for a build without a network, the locked wheels."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "container/requirements.txt"
_NOT_OURS = {"__pycache__", "wheels"}


def sources(root: Path) -> list[Path]:
    """The files that the Dockerfile copies, relative to the repository."""
    program = (path for path in (root / "container").rglob("*") if path.is_file())
    files = [*program, *(root / "evergreen").glob("*.py")]
    return sorted(path.relative_to(root) for path in files if _NOT_OURS.isdisjoint(path.parts))


def tag_of(root: Path) -> str:
    """The image's name by what is in it: other sources, another name."""
    digest = hashlib.sha256()
    for path in sources(root):
        content = (root / path).read_bytes()
        digest.update(f"{path.as_posix()}\0{len(content)}\0".encode() + content)
    return f"evergreen:{digest.hexdigest()[:12]}"


def wheelhouse(root: Path) -> Path:
    """Where the wheels of the lock file are, when they are: another lock file, another folder."""
    return root / "build" / f"wheels-{hashlib.sha256((root / LOCK).read_bytes()).hexdigest()[:12]}"


@contextmanager
def staged(root: Path) -> Iterator[Path]:
    """A folder with just what the build may see."""
    with tempfile.TemporaryDirectory(prefix="evergreen-image-") as name:
        folder = Path(name)
        for path in sources(root):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, folder / path)
        if wheelhouse(root).is_dir():
            shutil.copytree(wheelhouse(root), folder / "wheels", copy_function=_link)
        yield folder


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:  # another file system
        shutil.copyfile(source, target)
