"""Files named by the hash of what they hold, so that a snapshot writes only what is new."""

import hashlib
import os
from collections.abc import Set
from pathlib import Path


class Blobs:
    """The contents that snapshots refer to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Stores the content and returns its name."""
        name = hashlib.sha256(content).hexdigest()
        path = self._directory / name
        if not path.exists():
            replace_file(path, content)
        return name

    def get(self, name: str) -> bytes:
        """The content of that name."""
        return (self._directory / name).read_bytes()

    def keep_only(self, names: Set[str]) -> None:
        """Removes what no snapshot refers to any more."""
        for path in self._directory.iterdir():
            if path.name not in names:
                path.unlink()


def replace_file(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)
