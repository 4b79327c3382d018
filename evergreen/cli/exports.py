"""Many predictions at once: a segment as a table, or the whole generation as one file on stdout."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from itertools import islice
from typing import Any

from rich.markup import escape
from rich.table import Table

from evergreen.cli.output import console, errors, print_json
from evergreen.cli.up import checkout
from evergreen.contract import Contract
from evergreen.errors import UserMustAct

COLUMNS = (
    "entity",
    "prediction",
    "lower",
    "upper",
    "probability",
    "segment",
    "generation",
    "model",
    "scored_at",
    "as_of",
)
_TOLD_EVERY = 50_000  # rows


class Format(StrEnum):
    """How predictions are written."""

    text = "text"
    json = "json"
    csv = "csv"
    parquet = "parquet"


def of_segment(rows: Iterable[dict[str, Any]], segment: str, limit: int, contract: Contract) -> list[dict[str, Any]]:
    """The first predictions of a segment. Raises UserMustAct, naming the segments that there are."""
    if segment not in contract.segments:
        known = ", ".join(contract.segments)
        remedy = f"it has {known}" if known else "its contract has none; see docs/contract.md, segments"
        raise UserMustAct(f"{contract.id} has no segment {segment!r}; {remedy}")
    return list(islice((row for row in rows if row.get("segment") == segment), limit))


def show(rows: list[dict[str, Any]], output: Format) -> None:
    """A few predictions, as people or programs read them."""
    match output:
        case Format.json:
            print_json(rows)
        case Format.text:
            columns = [name for name in COLUMNS[:6] if any(name in row for row in rows)]
            table = Table(*columns, box=None)
            for row in rows:
                table.add_row(*(escape(str(row.get(name, ""))) for name in columns))
            console.print(table)
        case _:
            write_all(rows, output)


def write_all(rows: Iterable[dict[str, Any]], output: Format) -> None:
    """Every prediction on stdout, with the progress on stderr; a file's default is Parquet."""
    counted = _counted(rows)
    match output:
        case Format.csv:
            writer = csv.DictWriter(sys.stdout, COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(counted)
        case Format.json:
            for row in counted:
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        case _:
            _write_parquet(counted)


def _write_parquet(rows: Iterable[dict[str, Any]]) -> None:
    """In a process of its own: Parquet is the container's work."""
    if sys.stdout.isatty():
        raise UserMustAct("Parquet is for a file: add > predictions.parquet; or read it here with -o csv")
    command = [sys.executable, "-m", "container.export"]
    out = sys.stdout.fileno()
    process = subprocess.Popen(command, cwd=checkout(), stdin=subprocess.PIPE, stdout=out, text=True)
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin as target:  # it says itself why it ended
        for row in rows:
            target.write(json.dumps(row) + "\n")
    if process.wait():
        raise UserMustAct("the Parquet file could not be written; the reason is above")


def _counted(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    number = 0
    for row in rows:
        yield row
        number += 1
        if number % _TOLD_EVERY == 0:
            errors.print(f"{number:,} predictions …")
    errors.print(f"{number:,} predictions.")
