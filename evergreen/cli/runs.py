"""`evergreen runs` and `evergreen run`: what ran, how it went and why."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.cli.deployment import Deployment
from evergreen.cli.history import read_execution
from evergreen.cli.output import Output, console, print_json
from evergreen.cli.watch import follow, timeline, wait_for_run
from evergreen.errors import UserMustAct
from evergreen.layout import RunLayout
from evergreen.runs import dataset_of

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="text for people, json for programs.")]


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
    if watch:
        _watch(deployment, datasets[0], found)
    elif output is Output.json:
        print_json(found)
    elif found:
        console.print(_table(found))
    else:
        console.print(f"No run yet. Start one: evergreen drop {datasets[0]} FILE.csv")


def run(
    run_id: Annotated[str, typer.Argument(help="As `evergreen runs` lists it.")],
    output: OutputOption = Output.text,
) -> None:
    """Show one run: its states and times, verdict and reasons, metrics, inputs, and where its files are.

    Example: `evergreen run next-purchase-00001-3f2a9c81`
    """
    deployment = Deployment.find()
    try:
        dataset = deployment.check(dataset_of(run_id))
    except ValueError as error:
        raise UserMustAct(str(error)) from error
    record = deployment.runs.get(run_id)
    if record is None:
        raise UserMustAct(f"no run {run_id}; see: evergreen runs {dataset}")
    files = f"s3://{deployment.bucket}/{RunLayout(dataset, run_id).prefix}/"
    if output is Output.json:
        print_json({**record, "files": files})
        return
    execution = read_execution(deployment.execution_arn(run_id))
    if execution:
        console.print(timeline(execution, run_id))
    console.print(f"\n{record.get('notice', record['status'])}", markup=False)
    if "evaluation" in record:
        console.print(metrics_table(record["evaluation"]))
    for cause in record.get("causes", []):
        console.print(f"because  {cause}", markup=False)
    console.print(f"files    {files}", markup=False)


def metrics_table(evaluation: dict[str, Any]) -> Table:
    """Every metric of baseline, champion and challenger on the same hold-out rows."""
    table = Table(title=f"On the same {evaluation['rows']:,} hold-out rows", title_justify="left", box=None)
    models = [name for name in ("baseline", "champion", "challenger") if evaluation.get(name)]
    table.add_column("metric", style="bold")
    for name in models:
        table.add_column(name, justify="right")
    for metric in evaluation["challenger"]:
        values = (evaluation[name].get(metric) for name in models)
        table.add_row(metric, *("–" if value is None else f"{value:.3f}" for value in values))
    return table


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(box=None)
    for column in ("run", "started", "status", "verdict", "published"):
        table.add_column(column, no_wrap=True)
    for each in found:
        verdict = each.get("verdict", {}).get("outcome", "")
        rows = each.get("published", {}).get("rows")
        started = str(each.get("started_at", ""))[:19].replace("T", " ")
        published = f"{rows:,} rows" if rows else ""
        table.add_row(*map(escape, (each["run_id"], started, each["status"], verdict, published)))
    return table


def _watch(deployment: Deployment, dataset: str, found: list[dict[str, Any]]) -> None:
    if found and found[0]["status"] == "RUNNING":
        follow(deployment, found[0]["run_id"])
        return
    console.print(f"Waiting for the next run of {dataset} …")
    run_id = wait_for_run(deployment, dataset, after=found[0]["run_id"] if found else None, timeout=3600)
    if run_id:
        follow(deployment, run_id)
