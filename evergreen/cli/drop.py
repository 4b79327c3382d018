"""`evergreen drop`: the same plain S3 upload as `aws s3 cp`, with a check of the name first."""

import time
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.markup import escape
from rich.progress import Progress

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.up import NoCheckout, checkout
from evergreen.cli.watch import follow, wait_for_run
from evergreen.contract_file import CONTRACT_FILE, read_folder
from evergreen.errors import UserMustAct
from evergreen.layout import INCOMING
from evergreen.stores.endings import Status

_DEPLOYED_WITHIN = 90  # seconds
_POLL_SECONDS = 1.0


def drop(
    dataset: Annotated[str, typer.Argument(help="The data set that takes the files.")],
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files, plain or gzipped.")],
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the run that the upload starts.")] = False,
) -> None:
    """Upload files for a data set; the upload alone starts the run.

    For a contract that is in the checkout but not deployed yet as it is there, it waits until it is.

    Example: `evergreen drop next_purchase invoices.csv --watch`
    """
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise UserMustAct(f"not a file: {', '.join(missing)}")
    deployment = deployment_with(dataset)
    before = next((run["run_id"] for run in deployment.runs.of(dataset)), None)
    for path in files:
        upload(deployment, dataset, path)
    if not watch:
        console.print(f"Watch it: evergreen runs {dataset} --watch")
        return
    _follow_all(deployment, dataset, before)


def deployment_with(dataset: str, timeout: float = _DEPLOYED_WITHIN) -> Deployment:
    """The deployment, once it knows the data set; waits for one that is in the checkout, but new or changed.

    Raises UnknownDataset for one that is nowhere, ContractInvalid for one that cannot be deployed as it is.
    """
    deployment = Deployment.find()
    folder = contract_folder(dataset)
    if folder is None:
        deployment.check(dataset)
        return deployment
    digest = read_folder(folder).digest()
    if _has(deployment, dataset, digest):
        return deployment
    changed = dataset in deployment.datasets
    what = f"the change of {dataset}" if changed else dataset
    console.print(f"Waiting until {what} is deployed: a running `evergreen up` does it; on AWS, run `make deploy` …")
    deadline = time.monotonic() + timeout
    while not _has(deployment, dataset, digest):
        if time.monotonic() > deadline:
            state = "differs from the deployed contract, still" if changed else "is not deployed"
            raise UserMustAct(
                f"{folder} {state} after {timeout:.0f} s: see what `evergreen up` says; on AWS, run `make deploy`"
            )
        time.sleep(_POLL_SECONDS)
        deployment = Deployment.find()
        digest = read_folder(folder).digest()  # it may be edited on
    return deployment


def _has(deployment: Deployment, dataset: str, digest: str) -> bool:
    """Whether the contract is deployed as it is; a deployment that does not say is believed to."""
    return dataset in deployment.datasets and deployment.digests.get(dataset, digest) == digest


def contract_folder(dataset: str) -> Path | None:
    """The data set's folder in the checkout around us, if there is one."""
    try:
        folder = checkout() / "datasets" / dataset
    except NoCheckout:
        return None
    return folder if (folder / CONTRACT_FILE).is_file() else None


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
