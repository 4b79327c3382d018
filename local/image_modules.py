"""A job sees the packages that the image holds, and no others of the environment around it.

So what the image lacks is missed on the laptop, too, and libraries do not import, at every start, whatever optional
thing they find: xgboost alone would import pandas and scikit-learn.
"""

import re
import threading
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

from local.cloud import Cloud

LOCK = "container/requirements.txt"
LEFT_OUT = "container/left-out.txt"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_writing = threading.Lock()

# Python imports a module of this name at its start, from wherever it finds it first.
_SITECUSTOMIZE = '''\
"""Hides the packages that the image does not hold."""

import sys

HIDDEN = frozenset({names})


class Hidden:
    """Says that a package is not there."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in HIDDEN or name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {{name!r}} in the image", name=name)


sys.meta_path.insert(0, Hidden)
'''


def image_python_path(cloud: Cloud) -> str:
    """The PYTHONPATH of a process that stands for the image."""
    return str(hiding_folder(cloud.work_dir / "image", cloud.repo))


def hiding_folder(folder: Path, repository: Path) -> Path:
    """The folder, made once, that hides from a process on whose PYTHONPATH it is what the repository's image lacks."""
    with _writing:
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            partial.mkdir(parents=True, exist_ok=True)
            names = sorted(hidden_modules(repository / LOCK) | left_out(repository / LEFT_OUT))
            (partial / "sitecustomize.py").write_text(_SITECUSTOMIZE.format(names=names))
            partial.rename(folder)
    return folder


@cache
def hidden_modules(lock: Path) -> frozenset[str]:
    """The top-level modules of this environment that belong to no package of the lock file."""
    held = frozenset(_with_what_they_need(_PINNED.findall(lock.read_text())))
    ours = {"evergreen"}  # installed in editable form; the image has it as files
    return frozenset(
        module
        for module, owners in packages_distributions().items()
        if held.union(ours).isdisjoint(map(_normal, owners))
    )


def left_out(patterns: Path) -> frozenset[str]:
    """The modules that the image leaves out of the packages it holds, of those that are named in full."""
    lines = patterns.read_text().splitlines()
    paths = [line.removesuffix(".py") for line in lines if not line.startswith("#") and "*" not in line]
    return frozenset(path.replace("/", ".") for path in paths)


def _with_what_they_need(names: list[str]) -> Iterator[str]:
    """These packages and their requirements here, for this Python may need back-ports that the image's does not."""
    seen, ahead = set[str](), [_normal(name) for name in names]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        try:
            requirements = [Requirement(each) for each in Distribution.from_name(name).requires or []]
        except PackageNotFoundError:  # of another Python or platform
            continue
        ahead += [_normal(each.name) for each in requirements if not each.marker or each.marker.evaluate({"extra": ""})]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
