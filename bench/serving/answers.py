"""Answers of every server in its own form, as numbers, against XGBoost's own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.serving.material import Predictions

TOLERANCE = 1e-5  # of a value; one step of float32 is 6e-8 of it


class WrongAnswer(AssertionError):
    """A server does not predict what XGBoost does."""


def numbers(body: bytes) -> NDArray[np.float64]:
    """The predictions of a body, one per line, or in JSON's lists, by themselves or by name."""
    if not body.lstrip().startswith((b"{", b"[")):
        return np.array([float(line) for line in body.split()])
    document = json.loads(body)
    items = document["predictions"] if isinstance(document, dict) else document
    return np.array([_number(item) for item in items])


def compare(found: NDArray[np.float64], expected: Predictions, *, exactly: bool) -> None:
    """Refuse another number of predictions, and predictions that differ: ours by a bit, a peer's by a tolerance."""
    if len(found) != len(expected):
        raise WrongAnswer(f"{len(found)} predictions for {len(expected)} rows")
    same = found.astype(np.float32) == expected if exactly else np.isclose(found, expected, TOLERANCE, TOLERANCE)
    if not same.all():
        row = int(np.argmin(same))
        raise WrongAnswer(
            f"{(~same).sum():,} of {len(same):,} predictions differ; row {row + 1}: {found[row]} for {expected[row]}"
        )


def compare_files(folder: Path, expected: list[Predictions], *, exactly: bool) -> None:
    """Compare the kept answers, each named by the number of its body."""
    for number, predictions in enumerate(expected):
        if (folder / str(number)).is_file():
            compare(numbers((folder / str(number)).read_bytes()), predictions, exactly=exactly)


def _number(item: Any) -> float:
    if isinstance(item, dict):
        item = next(iter(item.values()))
    return float(item[0] if isinstance(item, list) else item)
