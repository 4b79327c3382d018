"""`evergreen unlearn`: what came from a bad source is learned from no more."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.cli.caller import caller
from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.reason import reason_of
from evergreen.cli.retrain import retrain as ask_for_run
from evergreen.errors import UserMustAct
from evergreen.layout import INFERENCE
from evergreen.unlearned import Unlearned, check_run, check_source


def unlearn(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    source: Annotated[str | None, typer.Option(help="URI of a dropped file or an inference log.")] = None,
    run: Annotated[str | None, typer.Option(help="A run: everything that it took in.")] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept beside it.")] = "",
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Learn from it again.")] = False,
    retrain: Annotated[bool, typer.Option("--retrain", help="Ask for a run without it now.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show what is unlearned.")] = False,
) -> None:
    """Leave every row that came from a source out of all further runs; the champion stays until one of them.

    Samples that the teachers have labelled are in no later run anyway, for each run asks them anew.

    Examples: `evergreen unlearn line_yield --source s3://bucket/inference/line_yield/monday.csv -r "sensor 4 was off"
    --retrain`, `evergreen unlearn line_yield --run line-yield-00007-3f2a9c81 -r "wrong file"`,
    `evergreen unlearn line_yield --list`
    """
    deployment = Deployment.find()
    known = deployment.unlearned.of(deployment.check(dataset))
    if listed:
        _show(dataset, known)
        return
    what = _what(deployment, dataset, source, run)
    before = next((each for each in known if each.what == what), None)
    if undo:
        if before is None:
            raise UserMustAct(f"{what} is not unlearned; see: evergreen unlearn {dataset} --list")
        deployment.unlearned.remove(dataset, before)
        console.print(f"{dataset}: the next run learns from {what} again.", markup=False)
    else:
        why = reason_of(reason)
        said = Unlearned(what=what, reason=why, by=caller(), at=datetime.now(UTC))
        deployment.unlearned.add(dataset, said)
        console.print(f"{dataset}: no further run learns from {what}.", markup=False)
        _warn_if_gone(deployment, what)
        console.print(f"Undo: evergreen unlearn {dataset} {_option(what)} --undo", markup=False)
    if retrain:
        why = f"{'learns again from' if undo else 'unlearns'} {what}"
        ask_for_run(reason=f"{why}: {reason}" if reason else why, datasets=[dataset])
    else:
        champion = "The champion stays as it is until a run replaces it"
        console.print(f'{champion}: evergreen retrain {dataset} --reason "…"', markup=False)


def _what(deployment: Deployment, dataset: str, source: str | None, run: str | None) -> str:
    """The one source or run that is meant. Raises UserMustAct."""
    if (source is None) == (run is None):
        raise UserMustAct("name what is to be unlearned: --source URI, or --run RUN_ID; or --list what is")
    try:
        if run is not None:
            what = check_run(dataset, run)
            there = deployment.runs.get(run) is not None
        else:
            what = check_source(source or "")
            there = _is_source(deployment, dataset, what)
    except ValueError as error:
        raise UserMustAct(str(error)) from None
    if not there:
        where = f"s3://{deployment.bucket}/{INFERENCE}{dataset}/"
        raise UserMustAct(
            f"nothing of {dataset} came from {what}; see: evergreen arrivals {dataset}; inference logs lie at {where}"
        )
    return what


def _is_source(deployment: Deployment, dataset: str, uri: str) -> bool:
    if uri.startswith(f"s3://{deployment.bucket}/{INFERENCE}{dataset}/"):
        return True
    arrivals = (entry.arrival for entry in deployment.ledger.entries(dataset))
    return any(f"s3://{each.bucket}/{each.key}" == uri for each in arrivals)


def _warn_if_gone(deployment: Deployment, what: str) -> None:
    """A log that somebody has deleted is unlearned as well; a name with a slip in it looks the same."""
    own = deployment.files.uri("")
    if what.startswith(own) and not deployment.files.exists(deployment.files.key(what)):
        console.print("! There is no such object now: if it was not deleted, look at the name.", markup=False)


def _option(what: str) -> str:
    return f"--source {what}" if "://" in what else f"--run {what}"


def _show(dataset: str, known: list[Unlearned]) -> None:
    if not known:
        console.print(f"{dataset} learns from everything that it was given.", markup=False)
        return
    table = Table(box=None)
    for column in ("since", "what", "why", "by"):
        table.add_column(column, overflow="fold", no_wrap=column == "since")
    for each in known:
        table.add_row(f"{each.at:%Y-%m-%d %H:%M} UTC", *map(escape, (each.what, each.reason, each.by)))
    console.print(table)
