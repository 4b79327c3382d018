"""Following a run as it happens: a live table on a terminal, a plain log everywhere else."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.live import Live
from rich.markup import escape
from rich.table import Table

from evergreen.cli.deployment import Deployment
from evergreen.cli.history import Execution, StateVisit, read_execution
from evergreen.cli.output import console, span

_POLL_SECONDS = 0.3


def wait_for_run(deployment: Deployment, dataset: str, after: str | None, timeout: float = 120) -> str | None:
    """The id of the first run newer than `after`; None when none started in time."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        newer = [str(run["run_id"]) for run in deployment.runs.of(dataset) if after is None or run["run_id"] > after]
        if newer:
            return min(newer)
        time.sleep(_POLL_SECONDS)
    return None


def follow(deployment: Deployment, run_id: str) -> Execution:
    """Show a run until it ends, and return its whole history."""
    return _follow_live(deployment, run_id) if console.is_terminal else _follow_log(deployment, run_id)


def _snapshots(deployment: Deployment, run_id: str) -> Iterator[Execution]:
    arn = deployment.execution_arn(run_id)
    while True:
        execution = read_execution(arn)
        if execution:
            yield execution
            if execution.ended:
                return
        time.sleep(_POLL_SECONDS)


def _follow_live(deployment: Deployment, run_id: str) -> Execution:
    with Live(console=console, refresh_per_second=4) as live:
        for execution in _snapshots(deployment, run_id):
            live.update(timeline(execution, run_id))
    return execution


def _follow_log(deployment: Deployment, run_id: str) -> Execution:
    told = 0
    for execution in _snapshots(deployment, run_id):
        finished = [visit for visit in execution.visits if visit.ended]
        for visit in finished[told:]:
            console.print(_log_line(execution, visit), markup=False)
        told = len(finished)
    return execution


def _log_line(execution: Execution, visit: StateVisit) -> str:
    since = (visit.began - execution.began).total_seconds()
    reason = f"  {visit.reason}" if visit.reason else ""
    return f"{since:7.1f} s  {visit.name:<20} {span(visit.seconds or 0):>8}{reason}"


def timeline(execution: Execution, title: str) -> Table:
    """Every state visited so far, with its time and the reason of each choice."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("at", justify="right", style="dim")
    table.add_column("state", style="bold")
    table.add_column("took", justify="right")
    table.add_column("why", overflow="fold")
    for visit in execution.visits:
        since = (visit.began - execution.began).total_seconds()
        running = (datetime.now(UTC) - visit.began).total_seconds()
        took = span(visit.seconds) if visit.seconds is not None else f"[yellow]{span(running)} …[/yellow]"
        table.add_row(span(since), visit.name, took, escape(visit.reason))
    return table
