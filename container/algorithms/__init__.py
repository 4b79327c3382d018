"""The algorithms: each in one folder, which says how it learns what a task asks, and how its models are kept."""

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from container.algorithms.definition import Algorithm

DEFAULT = "xgboost"  # also of models that were made when there was no other
NAMES = tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/__init__.py")))


class UnknownAlgorithm(ValueError):
    """An algorithm that this container does not have."""


@cache
def algorithm(name: str) -> Algorithm:
    """An algorithm by its folder's name; only its own library is imported, for others would slow every start."""
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise UnknownAlgorithm(f"unknown algorithm {name}{hint} Known: {', '.join(NAMES)}")
    return cast(Algorithm, import_module(f"{__name__}.{name}"))
