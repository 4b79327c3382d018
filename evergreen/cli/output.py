"""Printing: tables and sentences for people, one JSON document for programs."""

import json
import sys
from enum import StrEnum
from typing import Any

from rich.console import Console

_LOG_WIDTH = 200  # characters, where nobody's terminal decides: enough that a table cuts nothing off
console = Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else _LOG_WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Output(StrEnum):
    """How a reading command answers."""

    text = "text"
    json = "json"


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def span(seconds: float) -> str:
    """A duration as people say it."""
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
