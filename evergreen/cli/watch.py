"""Following a run as it happens: a live table on a terminal, a plain log everywhere else."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from evergreen.approval import how_to_decide, status_of
from evergreen.cli.deployment import Deployment
from evergreen.cli.history import Execution, StateVisit, read_execution
from evergreen.cli.holdup import Holdup
from evergreen.cli.output import console, span
from evergreen.metrics import HIGHER_IS_BETTER, counts_rows_with_event_only

_POLL_SECONDS = 0.3
_LATE_SECONDS = 5


def wait_for_run(deployment: Deployment, dataset: str, after: str | None, timeout: float = 120) -> str | None:
    """The id of the first run newer than `after`; None when none started in time, and nothing holds it back."""
    deadline, holdup = time.monotonic() + timeout, Holdup(deployment, dataset)
    while holdup.look() or time.monotonic() < deadline:
        newer = [str(run["run_id"]) for run in deployment.runs.of(dataset) if after is None or run["run_id"] > after]
        if newer:
            return min(newer)
        time.sleep(_POLL_SECONDS)
    return None


def follow(deployment: Deployment, run_id: str) -> Execution:
    """Show a run until it ends, then what its notice says and every model's metrics; returns its whole history."""
    execution = _follow_live(deployment, run_id) if console.is_terminal else _follow_log(deployment, run_id)
    deadline = time.monotonic() + _LATE_SECONDS
    record = deployment.runs.get(run_id) or {}
    while record.get("status") == "RUNNING" and time.monotonic() < deadline:  # an aborted run is ended by Dispatch
        time.sleep(_POLL_SECONDS)
        record = deployment.runs.get(run_id) or {}
    tell(record)
    return execution


def tell(record: Mapping[str, Any]) -> None:
    """What a run's notice said, or its verdict so far, and the metrics of every model on its hold-out."""
    console.print(f"\n{_said(record)}", markup=False)
    if "evaluation" in record:
        console.print()
        console.print(metrics_table(record["evaluation"]))


def _said(record: Mapping[str, Any]) -> str:
    if "notice" in record:
        return str(record["notice"])
    verdict = record.get("verdict")
    return "\n".join([f"Verdict: {verdict['outcome']}.", *verdict["reasons"]]) if verdict else status_of(record)


def metrics_table(evaluation: Mapping[str, Any]) -> Table:
    """Every metric of baseline, champion and challenger on the same hold-out rows."""
    rows, with_event = evaluation["rows"], evaluation["judged_rows"]
    table = Table(title=f"On the same {rows:,} hold-out rows", title_justify="left", box=None)
    models = [name for name in ("baseline", "champion", "challenger") if evaluation.get(name)]
    for column in ("metric", "better is", "rows"):
        table.add_column(column, style="bold" if column == "metric" else None)
    for name in models:
        table.add_column(name, justify="right")
    for metric in evaluation["challenger"]:
        better = "higher" if HIGHER_IS_BETTER[metric] else "lower"
        judged = with_event if counts_rows_with_event_only(evaluation["task"], metric) else rows
        shown = (_with_interval(evaluation, name, metric) for name in models)
        table.add_row(metric, better, f"{judged:,}", *shown)
    return table


def awaited(execution: Execution, run_id: str) -> str:
    """What a run waits for that people must give; empty when it waits for nobody."""
    if not any(visit.name == "AwaitApproval" and visit.ended is None for visit in execution.visits):
        return ""
    return "\n".join(["It waits for a person's approval; without one, the champion stays.", *how_to_decide(run_id)])


def _with_interval(evaluation: Mapping[str, Any], model: str, metric: str) -> str:
    value = evaluation[model].get(metric)
    interval = evaluation.get("intervals", {}).get(model, {}).get(metric)
    if value is None:
        return "–"
    if interval is None:
        return f"{value:.3f}"
    return f"{value:.3f} [dim]{interval['low']:.3f}–{interval['high']:.3f}[/dim]"


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
            live.update(Group(timeline(execution, run_id), Text(awaited(execution, run_id))))
    return execution


def _follow_log(deployment: Deployment, run_id: str) -> Execution:
    told, asked = 0, False
    for execution in _snapshots(deployment, run_id):
        finished = [visit for visit in execution.visits if visit.ended]
        for visit in finished[told:]:
            console.print(_log_line(execution, visit), markup=False)
        told = len(finished)
        if not asked and (waiting := awaited(execution, run_id)):
            console.print(waiting, markup=False)
            asked = True
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
