"""`evergreen demo`: the whole loop on real data, twice: a first champion, then a challenger."""

import csv
import gzip
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from evergreen.cli.crm import show_segments, what_the_crm_knows
from evergreen.cli.demo_yield import demo_yield
from evergreen.cli.deployment import Deployment
from evergreen.cli.drop import upload
from evergreen.cli.history import WORK, Execution
from evergreen.cli.laptop import laptop_cloud
from evergreen.cli.output import console, span
from evergreen.cli.up import Jobs, checkout, synthesize
from evergreen.cli.watch import follow, wait_for_run
from evergreen.errors import StoreUnavailable
from evergreen.layout import RunLayout

_DATASET = "next_purchase"
_SPLIT_AT = "2011-10-01"
_ENTITIES = ("12347", "12748", "14911", "15311", "17850")


app = typer.Typer(name="demo", rich_markup_mode="markdown")
app.command("yield")(demo_yield)


@app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the cloud running at the end, until Ctrl-C.")] = False,
    jobs: Annotated[Jobs, typer.Option(help="Run SageMaker's jobs in this; the image is what `make image` built.")] = (
        Jobs.process
    ),
) -> None:
    """Run the whole loop on UCI Online Retail: history up to September first, then the rest.

    Examples: `evergreen demo --keep`, `evergreen demo --jobs image`

    What it publishes is kept in `.evergreen/demo`; `evergreen up --state-dir .evergreen/demo` starts from there.
    The other demonstration: `evergreen demo yield`, a line whose yield falls.
    """
    if context.invoked_subcommand:
        return
    root = checkout()
    synthesize(root)
    home = root / ".evergreen"
    shutil.rmtree(home / "demo", ignore_errors=True)
    home.mkdir(exist_ok=True)
    began = time.monotonic()
    with laptop_cloud(root, home / "demo", home / "demo.log", jobs) as said, tempfile.TemporaryDirectory() as folder:
        ready = time.monotonic()
        console.print(f"The laptop cloud is up at {said['endpoint_url']} after {span(ready - began)}.")
        console.print(f"The CRM, where customers change their segment: {said['addresses']['CRM']}\n", markup=False)
        deployment = Deployment.find()
        source = root / "datasets" / _DATASET / "online_retail.csv.gz"
        history, rest = split(source, Path(folder))
        first = drop_and_follow(deployment, "History up to 2011-09-30", history)
        before = what_the_crm_knows(deployment, _DATASET, _ENTITIES)
        second = drop_and_follow(deployment, "The rest: champion against challenger", rest)
        _where_time_went([first, second])
        _show_predictions(deployment)
        show_segments(before, what_the_crm_knows(deployment, _DATASET, _ENTITIES))
        console.print(f"\nAll of it, splitting the file included: {span(time.monotonic() - ready)}.")
        _next_steps()
        if keep:
            console.print(f"\nStill up at {said['endpoint_url']}; Ctrl-C ends it.")
            _wait_forever()


def split(source: Path, folder: Path) -> tuple[Path, Path]:
    """Cut the file in two at the first of October 2011."""
    history, rest = folder / "history.csv", folder / "rest.csv"
    with (
        gzip.open(source, "rt", encoding="utf-8", newline="") as lines,
        history.open("w", newline="") as before,
        rest.open("w", newline="") as after,
    ):
        rows = csv.reader(lines)
        header = next(rows)
        at = header.index("InvoiceDate")
        early, late = csv.writer(before), csv.writer(after)
        early.writerow(header)
        late.writerow(header)
        for row in rows:
            (early if row[at] < _SPLIT_AT else late).writerow(row)
    return history, rest


def drop_and_follow(deployment: Deployment, title: str, path: Path) -> tuple[Execution, float]:
    """Upload a file and show the run that it starts; returns its history and the seconds until it started."""
    console.rule(title, align="left")
    before = next((run["run_id"] for run in deployment.runs.of(_DATASET)), None)
    upload(deployment, _DATASET, path)
    dropped = time.time()
    run_id = wait_for_run(deployment, _DATASET, after=before)
    if run_id is None:
        raise StoreUnavailable("no run started; see .evergreen/demo.log")
    execution = follow(deployment, run_id)
    console.print(
        f"\nFiles of this run: s3://{deployment.bucket}/{RunLayout(_DATASET, run_id).prefix}/\n", markup=False
    )
    return execution, execution.began.timestamp() - dropped


def _where_time_went(runs: Iterable[tuple[Execution, float]]) -> None:
    table = Table(title="Where the time went", title_justify="left", box=None)
    table.add_column("")
    columns = list(runs)
    for number in range(len(columns)):
        table.add_column(f"run {number + 1}", justify="right")
    for name in WORK:
        if not any(_seconds(execution, name) for execution, _ in columns):
            continue
        table.add_row(name, *(span(_seconds(execution, name)) for execution, _ in columns))
    table.add_row("drop to start", *(span(max(0.0, lag)) for _, lag in columns))
    table.add_row("all other states", *(span(_total(execution) - execution.work_seconds) for execution, _ in columns))
    table.add_row("whole execution", *(span(_total(execution)) for execution, _ in columns), style="bold")
    console.print(table)


def _seconds(execution: Execution, name: str) -> float:
    return sum(visit.seconds or 0.0 for visit in execution.visits if visit.name == name)


def _total(execution: Execution) -> float:
    return (execution.ended - execution.began).total_seconds() if execution.ended else 0.0


def _show_predictions(deployment: Deployment) -> None:
    published = deployment.registry.published(_DATASET)
    if not published:
        return
    table = Table(title=f"\nFive of {published['rows']:,} predictions in DynamoDB", title_justify="left", box=None)
    for name in ("customer", "returns within 90 days", "if so, in about"):
        table.add_column(name, justify="right")
    for entity in _ENTITIES:
        found = deployment.predictions.get(_DATASET, entity, published["generation"])
        if found:
            table.add_row(entity, f"{found['probability']:.0%}", f"{found['prediction']:.0f} days")
    console.print(table)


def _next_steps() -> None:
    console.print("\nTry next:")
    for line in (
        "# the same cloud, with what was published; then, in another terminal, with the exports it prints:",
        ".venv/bin/evergreen up --state-dir .evergreen/demo",
        ".venv/bin/evergreen history next_purchase",
        ".venv/bin/evergreen mlflow",
        ".venv/bin/evergreen predictions next_purchase 17850",
        ".venv/bin/evergreen segments next_purchase 17850",
        ".venv/bin/evergreen drop next_purchase FILE.csv --watch",
    ):
        console.print(f"  {line}", markup=False, soft_wrap=True)


def _wait_forever() -> None:
    while True:
        time.sleep(3600)
