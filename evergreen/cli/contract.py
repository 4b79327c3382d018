"""`evergreen contract`: checking contracts, and their schema for editors."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.output import console, errors
from evergreen.cli.up import checkout
from evergreen.contract_file import CONTRACT_FILE, ContractInvalid, read_datasets, read_folder
from evergreen.contract_reference import schema as contract_schema
from evergreen.errors import UserMustAct

app = typer.Typer(
    name="contract",
    help="Check the contracts under `datasets/`, or print their schema.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def check(
    folders: Annotated[list[Path] | None, typer.Argument(help="Data sets' folders; without any, all of them.")] = None,
) -> None:
    """Check contracts: every key and value, that the parts fit together, and that the SQL fits the columns.

    Examples: `evergreen contract check`, `evergreen contract check datasets/next_purchase`
    """
    root = checkout()
    there = sorted((root / "datasets").glob(f"*/{CONTRACT_FILE}"))
    given = folders or [Path(os.path.relpath(path.parent)) for path in there]
    if not given:
        raise UserMustAct(f"{root / 'datasets'} holds no data set; make one: evergreen init FILE.csv --target COLUMN")
    all_well = True
    for folder in given:
        found = faults(folder, root)
        all_well = all_well and not found
        for fault in found:
            errors.print(fault, markup=False)
        if not found:
            console.print(f"{folder}: ok", markup=False)
    if all_well and not folders:
        read_datasets(root / "datasets")  # whether they fit each other
    if not all_well:
        raise typer.Exit(1)


def faults(folder: Path, root: Path) -> list[str]:
    """What is wrong with one data set's folder, one line each; its SQL is tried where DuckDB lives."""
    try:
        read = read_folder(folder if folder.name else folder.resolve())
    except ContractInvalid as error:
        return str(error).splitlines()
    stated = read.contract.observed_yield
    if not read.sql and not read.contract.input.rules and not (stated and stated.good_when):
        return []
    command = [sys.executable, "-m", "container.survey.queries"]
    told = read.model_dump_json(by_alias=True, exclude_none=True)
    done = subprocess.run(command, cwd=root, input=told, capture_output=True, text=True, check=False)
    if done.returncode:
        return [f"{folder}: its SQL could not be tried: {done.stderr.strip()}"]
    return [f"{folder}: {line}" for line in done.stdout.splitlines()]


@app.command()
def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file to write it to.")] = None,
) -> None:
    """Print the JSON Schema of dataset.yaml, for editors that complete and check YAML.

    Example: `evergreen contract schema -o .evergreen/contract.schema.json`; then, as the first line of a dataset.yaml:
    `# yaml-language-server: $schema=../../.evergreen/contract.schema.json`
    """
    text = json.dumps(contract_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    console.print(f"Wrote {output}.", markup=False)
