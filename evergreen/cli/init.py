"""`evergreen init`: from a CSV to a contract."""

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.cli.output import console
from evergreen.cli.up import checkout
from evergreen.column_names import RESERVED, free_name
from evergreen.contract_file import CONTRACT_FILE, read_folder
from evergreen.errors import UserMustAct
from evergreen.proposal import Asked, Proposal, dataset_id, propose
from evergreen.proposal_columns import Part, Role
from evergreen.proposal_yaml import scalar
from evergreen.survey import ColumnSurvey, Survey, TargetUnfit

_USER_MUST_ACT = 2  # the survey's exit code
_MOST_SHOWN = 40  # rows of the table; what is left out or asked for always shows
_WIDEST_VALUES = 48
_STYLES = {Role.TARGET: "bold green", Role.ENTITY: "bold", Role.TIME: "bold", Role.LEFT_OUT: "dim"}


class TaskOption(StrEnum):
    """What init can propose."""

    regression = "regression"
    binary = "binary"
    multiclass = "multiclass"


class ArrivesOption(StrEnum):
    """What dropping a file means."""

    APPEND = "append"
    REPLACE = "replace"


def init(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzipped, as the data will come.")],
    *,
    target: Annotated[str, typer.Option(help="The column to predict.")],
    entity: Annotated[str | None, typer.Option(help="The column that names who or what is predicted for.")] = None,
    time: Annotated[
        str | None, typer.Option(help="The column of when a row became known: judge by the newest.")
    ] = None,
    id: Annotated[str | None, typer.Option(help="The data set's name; without it, the file's.")] = None,
    task: Annotated[TaskOption | None, typer.Option(help="What kind of prediction; without it, the target's.")] = None,
    arrives: Annotated[
        ArrivesOption | None, typer.Option(help="Whether a file brings further rows, or all of them.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a contract that is there.")] = False,
) -> None:
    """Write the contract of a new data set after looking at a file: types, formats, features, and likely leaks.

    Examples: `evergreen init machines.csv --target "Machine failure"`,
    `evergreen init orders.csv --target returned --entity order_id --time ordered_at --id returns`
    """
    name = id or dataset_id(file.name)
    folder = checkout() / "datasets" / name
    if dataset_id(name) != name:
        raise UserMustAct(f"--id {name!r} is no name for a data set; did you mean {dataset_id(name)!r}?")
    if (folder / CONTRACT_FILE).exists() and not force:
        raise UserMustAct(f"{folder / CONTRACT_FILE} is there; pass --force to overwrite it, or --id for another name")
    found = survey(file, target, entity, time, task)
    try:
        found, proposal = proposed(found, Asked(name, file.name, target, entity, time, arrives))
    except TargetUnfit as error:
        raise UserMustAct(str(error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTRACT_FILE).write_text(proposal.text, encoding="utf-8")
    read_folder(folder)  # what is written must be a contract, whatever the file was like
    _tell(found, proposal, folder / CONTRACT_FILE)
    console.print(f"\nNext: read it, then\n  evergreen drop {name} {shlex.quote(str(file))} --watch", markup=False)


def proposed(found: Survey, asked: Asked) -> tuple[Survey, Proposal]:
    """The proposal, with reserved column names under others, and the survey by those. Raises TargetUnfit."""
    names = [column.name for column in found.columns]
    others = {name: free_name(name, names) for name in names if name.casefold() in RESERVED}
    columns = tuple(
        column.model_copy(update={"name": others.get(column.name, column.name)}) for column in found.columns
    )
    found = found.model_copy(update={"columns": columns})
    roles = {role: others.get(name, name) for role in ("target", "entity", "time") if (name := getattr(asked, role))}
    proposal = propose(found, replace(asked, **roles))
    text = proposal.text
    for name, other in others.items():
        start = re.search(rf"(?m)^    {re.escape(scalar(other))}: *\{{", text)
        assert start is not None  # every column has its line
        text = f"{text[: start.end()]}aliases: [{scalar(name)}], {text[start.end() :]}"
    renamed = [
        f"{name!r} is a name that DuckDB keeps for itself: here it is {other!r}." for name, other in others.items()
    ]
    return found, replace(proposal, text=text, warnings=[*proposal.warnings, *renamed])


def survey(file: Path, target: str, entity: str | None, time: str | None, task: str | None) -> Survey:
    """Survey a file in a process of its own: reading data is the container's work. Raises UserMustAct."""
    if not file.is_file():
        raise UserMustAct(f"{file} is not a file")
    command = [sys.executable, "-m", "container.survey", str(file.resolve()), "--target", target]
    for option, value in (("--entity", entity), ("--time", time), ("--task", task)):
        command += [option, value] if value is not None else []
    done = subprocess.run(command, cwd=checkout(), capture_output=True, text=True, check=False)
    if done.returncode == _USER_MUST_ACT:
        raise UserMustAct(done.stderr.strip())
    if done.returncode:
        raise UserMustAct(f"{file} cannot be surveyed:\n{done.stderr.strip()}")
    return Survey.model_validate_json(done.stdout)


def _tell(survey: Survey, proposal: Proposal, path: Path) -> None:
    shown = [part for part in proposal.parts if part.role is not Role.FEATURE]
    features = [part for part in proposal.parts if part.role is Role.FEATURE]
    kept = features[: max(0, _MOST_SHOWN - len(shown))]
    listed = [part for part in proposal.parts if part in kept or part.role is not Role.FEATURE][:_MOST_SHOWN]
    console.print(_table(survey, listed))
    if len(listed) < len(proposal.parts):
        console.print(f"… and {len(proposal.parts) - len(listed):,} more columns.")
    for sentence in proposal.warnings:
        console.print(f"\n[yellow]![/yellow] {escape(sentence)}")
    for sentence in proposal.hints:
        console.print(f"\n{escape(sentence)}")
    console.print(f"\nWrote {path}.", markup=False)


def _table(survey: Survey, parts: list[Part]) -> Table:
    title = f"{survey.rows:,} rows; task {survey.task}"
    table = Table(title=title, title_justify="left", box=None)
    for name in ("column", "type", "missing", "values", "role"):
        table.add_column(name, justify="right" if name == "missing" else "left")
    for part in parts:
        column = part.column
        missing = f"{column.missing / survey.rows:.1%}" if column.missing else ""
        cells = (column.name, column.type, missing, _values(column), part.role.value)
        table.add_row(*map(escape, cells), style=_STYLES.get(part.role))
    return table


def _values(column: ColumnSurvey) -> str:
    few = column.type in ("text", "boolean") or column.distinct <= 2
    if column.least is not None and not few:
        return f"{column.least} … {column.most}"
    values = ", ".join(value for value, _ in column.values[:5])
    more = " …" if column.distinct > 5 else ""
    return values + more if len(values) <= _WIDEST_VALUES else values[:_WIDEST_VALUES] + " …"
