"""A function's zip: its own folder, the pure core with its stores, and the contracts as JSON. No Docker needed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from evergreen.contracts import Contracts

_NOT_NEEDED = shutil.ignore_patterns(
    "__pycache__", "*.pyc", "cli", "contract_*", "event_schemas.py", "proposal*", "survey.py"
)


@contextmanager
def bundled(root: Path, function: str, contracts: Contracts) -> Iterator[str]:
    """Lay the files of one function out in a folder for CDK to take; its content alone decides the asset's hash."""
    with TemporaryDirectory() as folder:
        _lay_out(root, function, contracts, Path(folder))
        yield folder


def _lay_out(root: Path, function: str, contracts: Contracts, target: Path) -> None:
    shutil.copytree(root / "functions" / function, target / "functions" / function, ignore=_NOT_NEEDED)
    shutil.copy(root / "functions" / "__init__.py", target / "functions" / "__init__.py")
    shutil.copytree(root / "evergreen", target / "evergreen", ignore=_NOT_NEEDED)
    (target / "contracts.json").write_bytes(contracts.to_json())
