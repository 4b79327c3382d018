"""`evergreen drop`: the same plain S3 upload as `aws s3 cp`, with a check of the name first."""

from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.markup import escape
from rich.progress import Progress

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.watch import follow, wait_for_run
from evergreen.errors import UserMustAct
from evergreen.layout import INCOMING
from evergreen.stores.endings import Status


def drop(
    dataset: Annotated[str, typer.Argument(help="The data set that takes the files.")],
    files: Annotated[list[Path], typer.Argument(help="CSV files, plain or gzipped.")],
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the run that the upload starts.")] = False,
) -> None:
    """Upload files for a data set; the upload alone starts the run.

    Example: `evergreen drop next_purchase invoices.csv --watch`
    """
    deployment = Deployment.find()
    deployment.check(dataset)
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise UserMustAct(f"not a file: {', '.join(missing)}")
    before = next((run["run_id"] for run in deployment.runs.of(dataset)), None)
    for path in files:
        upload(deployment, dataset, path)
    if not watch:
        console.print(f"Watch it: evergreen runs {dataset} --watch")
        return
    _follow_all(deployment, dataset, before)


def _follow_all(deployment: Deployment, dataset: str, before: str | None) -> None:
    """Follow the run that the upload starts, and the next as long as files wait; exit with 1 unless all went well."""
    all_well = True
    while True:
        run_id = wait_for_run(deployment, dataset, after=before)
        if run_id is None:
            raise UserMustAct(f"no run has started; see: evergreen runs {dataset}")
        follow(deployment, run_id)
        all_well = all_well and (deployment.runs.get(run_id) or {}).get("status") == Status.SUCCEEDED
        if not deployment.ledger.waiting(dataset):
            break
        console.print("\nFiles that came during that run wait; their run comes next.")
        before = run_id
    if not all_well:
        raise typer.Exit(1)


def upload(deployment: Deployment, dataset: str, path: Path) -> None:
    """Put one file under `incoming/<data set>/`, showing progress."""
    key = f"{INCOMING}{dataset}/{path.name}"
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(escape(path.name), total=path.stat().st_size)
        boto3.client("s3").upload_file(
            str(path), deployment.bucket, key, Callback=lambda sent: progress.advance(bar, sent)
        )
    console.print(f"{path} → s3://{deployment.bucket}/{key}", markup=False)
