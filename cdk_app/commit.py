"""The commit that a deployment is made of."""

import subprocess
from pathlib import Path

# Everything that goes into the assembly.
INPUTS = ("cdk_app", "functions", "evergreen", "container", "statemachines", "events", "datasets", "cdk.json")
UNKNOWN = "unknown"


def commit_of(root: Path) -> str:
    """The last commit that changed an input, with `-dirty` when one has changed since; `unknown` outside git."""
    commit = _git(root, "log", "-1", "--format=%H", "--", *INPUTS)
    if not commit:
        return UNKNOWN
    return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--", *INPUTS) else commit


def _git(root: Path, *arguments: str) -> str:
    try:
        said = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()
