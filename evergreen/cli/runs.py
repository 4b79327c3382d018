"""`evergreen runs` and `evergreen run`: what ran, how it went and why."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.approval import decided, status_of, why
from evergreen.cli.deployment import Deployment
from evergreen.cli.history import read_execution
from evergreen.cli.output import Output, console, print_json, span
from evergreen.cli.trials import Trials
from evergreen.cli.watch import awaited, follow, tell, timeline, wait_for_run
from evergreen.errors import UserMustAct
from evergreen.layout import RunLayout
from evergreen.runs import dataset_of

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="text for people, json for programs.")]


_WHY = 80  # characters of a reason in the list; `evergreen run` has it all
_MOMENTS = ("started_at", "ended_at")


def runs(
    dataset: Annotated[str | None, typer.Argument(help="Only this data set.")] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the newest run, or the next to start.")] = False,
    output: OutputOption = Output.text,
) -> None:
    """List runs, newest first, with their verdicts.

    Examples: `evergreen runs`, `evergreen runs next_purchase --watch`, `evergreen runs -o json`
    """
    deployment = Deployment.find()
    datasets = [deployment.check(dataset)] if dataset else list(deployment.datasets)
    found = [run for each in datasets for run in deployment.runs.of(each)]
    found.sort(key=lambda run: str(run.get("started_at", "")), reverse=True)
    if watch and (output is Output.json or len(datasets) > 1):
        raise UserMustAct("--watch follows one data set, for people: evergreen runs DATASET --watch")
    if watch:
        _watch(deployment, datasets[0], found)
    elif output is Output.json:
        print_json([{**each, "status": status_of(each)} for each in found])
    elif found:
        console.print(_table(found))
    else:
        console.print(f"No run yet. Start one: evergreen drop {datasets[0]} FILE.csv")


def run(
    run_id: Annotated[str, typer.Argument(help="As `evergreen runs` lists it.")],
    output: OutputOption = Output.text,
) -> None:
    """Show one run: its states and times, trials, verdict and reasons, metrics, inputs, and where its files are.

    Example: `evergreen run next-purchase-00001-3f2a9c81`
    """
    deployment = Deployment.find()
    dataset, record = look_up(deployment, run_id)
    files = f"s3://{deployment.bucket}/{RunLayout(dataset, run_id).prefix}/"
    shown = {**record, "status": status_of(record), "files": files}
    execution = read_execution(deployment.execution_arn(run_id))
    trials = Trials.of(run_id, execution)
    if output is Output.json:
        print_json({**shown, **({"tuning": trials.document()} if trials else {})})
        return
    if execution:
        console.print(timeline(execution, run_id))
        console.print(awaited(execution, run_id), markup=False)
    if trials:
        console.print()
        console.print(trials.table())
    tell(record)
    console.print()
    for name, value in (("status", shown["status"]), *((each, _moment(shown.get(each))) for each in _MOMENTS)):
        console.print(f"{name.removesuffix('_at'):<9}{value}", markup=False)
    for cause in record.get("causes", []):
        console.print(f"because  {cause}", markup=False)
    for line in _waited(record):
        console.print(line, markup=False)
    console.print(f"files    {files}", markup=False)
    if "evaluation" in record:
        console.print(f"report   evergreen report {run_id}", markup=False)


def look_up(deployment: Deployment, run_id: str) -> tuple[str, dict[str, Any]]:
    """The data set and the record of a run. Raises UserMustAct when there is no such run."""
    try:
        dataset = deployment.check(dataset_of(run_id))
    except ValueError as error:
        raise UserMustAct(str(error)) from error
    record = deployment.runs.get(run_id)
    if record is None:
        raise UserMustAct(f"no run {run_id}; see: evergreen runs {dataset}")
    return dataset, record


def _waited(record: dict[str, Any]) -> Iterator[str]:
    """How long its first arrival waited and by which rule, and what no run takes because this one takes something
    newer."""
    waited = record.get("waited_for")
    if waited:
        yield f"waited   {span(waited['seconds'])} from its first arrival: {waited['why']}"
    for each in record.get("superseded", []):
        yield f"instead  of {each}, which is superseded"
    if "no_timer" in record and "wakes_at" not in record:
        yield f"timer    for the end of its lease not set yet, the next event sets it: {record['no_timer']}"
    for each in record.get("set_aside", []):
        yield f"without  {each}"


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(box=None)
    table.add_column("run", no_wrap=True)  # to be copied
    for column in ("started (UTC)", "status", "verdict", "published", "why"):
        table.add_column(column, overflow="fold")  # a verdict that is cut short would be another
    for each in found:
        verdict = ", ".join(filter(None, (each.get("verdict", {}).get("outcome"), decided(each))))
        rows = each.get("published", {}).get("rows")
        published = f"{rows:,} rows" if rows else ""
        started = _moment(each.get("started_at")).removesuffix(" UTC")
        cells = (each["run_id"], started, status_of(each), verdict, published, _shortened(why(each)))
        table.add_row(*map(escape, cells))
    return table


def _shortened(reason: str) -> str:
    return reason if len(reason) <= _WHY else f"{reason[:_WHY].rstrip()} …"


def _moment(at: str | None) -> str:
    """ISO 8601, in UTC, as people read it."""
    return f"{at[:19].replace('T', ' ')} UTC" if at else "–"


def _watch(deployment: Deployment, dataset: str, found: list[dict[str, Any]]) -> None:
    if found and found[0]["status"] == "RUNNING":
        follow(deployment, found[0]["run_id"])
        return
    console.print(f"Waiting for the next run of {dataset} …")
    run_id = wait_for_run(deployment, dataset, after=found[0]["run_id"] if found else None, timeout=3600)
    if run_id:
        follow(deployment, run_id)
