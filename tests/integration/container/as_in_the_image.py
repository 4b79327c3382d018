"""The environment of a process that stands for the image: it finds what the image holds, and no other packages."""

import os
import tempfile
from functools import cache
from pathlib import Path

from local.image_modules import hiding_folder

REPOSITORY = Path(__file__).parents[3]


def image_environment(**variables: str) -> dict[str, str]:
    """This process's environment, the image's packages, and these variables."""
    return {**os.environ, "PYTHONPATH": str(hiding_folder(Path(_kept().name) / "image", REPOSITORY)), **variables}


@cache
def _kept() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="image-")
