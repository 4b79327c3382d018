"""A function's zip: its own folder, the pure core with its stores, and the contracts as JSON. No Docker needed."""

import shutil
from pathlib import Path

from evergreen.contracts import Contracts

_NOT_NEEDED = shutil.ignore_patterns("__pycache__", "*.pyc", "cli", "contract_file.py")


def bundle(root: Path, function: str, contracts: Contracts) -> Path:
    """Lay the files of one function out under `build/functions/` and return the folder; its content alone decides
    the asset's hash."""
    target = root / "build" / "functions" / function
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / "functions" / function, target / "functions" / function, ignore=_NOT_NEEDED)
    shutil.copy(root / "functions" / "__init__.py", target / "functions" / "__init__.py")
    shutil.copytree(root / "evergreen", target / "evergreen", ignore=_NOT_NEEDED)
    (target / "contracts.json").write_bytes(contracts.to_json())
    return target
