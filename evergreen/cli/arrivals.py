"""`evergreen arrivals`: what asked for runs, where it stands, and why what waits does wait."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.arrivals import Arrival
from evergreen.batches import BatchState
from evergreen.cli.deployment import Deployment
from evergreen.cli.output import Output, console, print_json
from evergreen.ledger import ArrivalState, LedgerEntry
from evergreen.pacing import NextStart
from evergreen.stores.leases import Lease
from evergreen.unlearned import Unlearned

_SHOWN = 50
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="text for people, json for programs.")]


def arrivals(
    dataset: Annotated[str, typer.Argument(help="As `evergreen runs` names it.")],
    everything: Annotated[bool, typer.Option("--all", help=f"More than the newest {_SHOWN}.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """List what asked for runs of a data set, newest first: its state, its run, and what the waiting ones wait for.

    Examples: `evergreen arrivals next_purchase`, `evergreen arrivals next_purchase -o json`
    """
    deployment = Deployment.find()
    deployment.check(dataset)
    entries = deployment.ledger.entries(dataset)[::-1]
    lease = deployment.leases.held(dataset, datetime.now(UTC))
    start, batches = deployment.holdbacks.next_start(dataset), deployment.holdbacks.batches(dataset)
    told = [told_of(entry, lease, start, batches) for entry in (entries if everything else entries[:_SHOWN])]
    left_out = {each.what: each for each in deployment.unlearned.of(dataset)}
    told = [_with_unlearned(each, entry, left_out) for each, entry in zip(told, entries, strict=False)]
    if output is Output.json:
        print_json(told)
    elif told:
        console.print(_table([{**each, "cause": _short(each["cause"], deployment.bucket)} for each in told]))
        if len(told) < len(entries):
            console.print(f"… and {len(entries) - len(told)} older ones: evergreen arrivals {dataset} --all")
    else:
        console.print(f"Nothing has arrived yet. Drop a file: evergreen drop {dataset} FILE.csv")


def told_of(
    entry: LedgerEntry, lease: Lease | None, start: NextStart | None, batches: dict[str, BatchState]
) -> dict[str, Any]:
    """What is said of one arrival."""
    arrival, in_run = entry.arrival, lease is not None and entry.arrival.arrival_id in lease.arrival_ids
    state = "in run" if in_run and entry.is_open else entry.state.lower()
    why = entry.reason or ""
    if entry.state == ArrivalState.HELD and not in_run:
        why = f"run {entry.run_id} failed with it; it joins the next run"
    elif entry.state == ArrivalState.WAITING and not in_run:
        why = _why_it_waits(arrival, lease, start, batches)
    return {
        "at": arrival.at,
        "state": state,
        "run_id": lease.run_id if lease and in_run and entry.is_open else _run_of(entry),
        "kind": arrival.kind,
        "cause": arrival.cause,
        "size": arrival.size,
        "why": why,
        "arrival_id": arrival.arrival_id,
        "recorded_at": entry.recorded_at.isoformat(),
        "superseded_by": entry.superseded_by,
    }


def _with_unlearned(told: dict[str, Any], entry: LedgerEntry, left_out: dict[str, Unlearned]) -> dict[str, Any]:
    """The same, and why no further run learns from it, where that is so."""
    found = left_out.get(f"s3://{entry.arrival.bucket}/{entry.arrival.key}") or left_out.get(entry.run_id or "")
    if found is None:
        return told
    return {**told, "why": f"unlearned by {found.by}: {found.reason}"}


def _run_of(entry: LedgerEntry) -> str | None:
    return entry.run_id if entry.run_id != "none" else None


def _why_it_waits(
    arrival: Arrival, lease: Lease | None, start: NextStart | None, batches: dict[str, BatchState]
) -> str:
    batch = batches.get(arrival.batch) if arrival.batch is not None else None
    if batch and batch.faults:
        more = f", and {len(batch.faults) - 1} more" if len(batch.faults) > 1 else ""
        return f"the batch {batch.name} is not complete: {batch.faults[0]}{more}"
    if lease:
        return f"run {lease.run_id} is in progress; the next one takes it"
    if start and start.at > datetime.now(UTC):
        return f"held back until {start.at:%Y-%m-%d %H:%M:%S} UTC: {start.why}"
    return "its run is about to start"


def _short(cause: str, bucket: str) -> str:
    """Without the name of the data bucket, which is long and the same in every line; -o json has it."""
    return cause.replace(f"s3://{bucket}/", "")


def _table(told: list[dict[str, Any]]) -> Table:
    table = Table(box=None)
    for column in ("arrived", "state", "run", "what", "size", "why"):
        justify: Any = "right" if column == "size" else "left"
        table.add_column(column, no_wrap=column in ("arrived", "state", "run"), justify=justify, overflow="fold")
    for each in told:
        size = f"{each['size']:,} B" if each["size"] is not None else ""
        arrived, run_id = each["at"][:19].replace("T", " "), each["run_id"] or ""
        table.add_row(*map(escape, (arrived, each["state"], run_id, each["cause"], size, each["why"])))
    return table
