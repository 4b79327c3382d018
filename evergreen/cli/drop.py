"""`evergreen drop`: the same plain S3 upload as `aws s3 cp`, with a check of the name first."""

import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.markup import escape
from rich.progress import Progress

from evergreen.arrivals import MANIFEST
from evergreen.batches import MOST_FILES, BatchFile, BatchManifest
from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.up import NoCheckout, checkout
from evergreen.cli.watch import follow, wait_for_run
from evergreen.contract import Contract
from evergreen.contract_file import CONTRACT_FILE, read_folder
from evergreen.errors import UserMustAct
from evergreen.layout import INCOMING, RunLayout
from evergreen.stores.endings import Status

_DEPLOYED_WITHIN = 90  # seconds
_BATCH_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_POLL_SECONDS = 1.0


def drop(
    dataset: Annotated[str, typer.Argument(help="The data set that takes the files.")],
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files, plain or gzipped; with --batch folders.")],
    batch: Annotated[
        str | None, typer.Option("--batch", "-b", help="Have all of them make one run, under this name.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the run that the upload starts.")] = False,
) -> None:
    """Upload files for a data set; the upload alone starts the run.

    For a contract that is in the checkout but not deployed yet as it is there, it waits until it is.

    Examples: `evergreen drop next_purchase invoices.csv --watch`, `evergreen drop next_purchase export/ --batch may`
    """
    named = files_of_batch(batch, files) if batch is not None else {}
    missing = [str(path) for path in files if not path.is_file()] if batch is None else []
    if missing:
        raise UserMustAct(f"not a file: {', '.join(missing)}")
    deployment = deployment_with(dataset)
    before = next((run["run_id"] for run in deployment.runs.of(dataset)), None)
    if batch is not None:
        _check_batch(deployment, dataset, before, named)
        drop_batch(deployment, dataset, batch, named)
    else:
        for path in files:
            upload(deployment, dataset, path)
    if not watch:
        console.print(f"Watch its run: evergreen runs {dataset} --watch; why it waits: evergreen arrivals {dataset}")
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
            raise UserMustAct(f"no run has started; why what waits does wait says: evergreen arrivals {dataset}")
        follow(deployment, run_id)
        all_well = all_well and (deployment.runs.get(run_id) or {}).get("status") == Status.SUCCEEDED
        if not deployment.ledger.waiting(dataset):
            break
        console.print("\nFiles that came during that run wait; their run comes next.")
        before = run_id
    if not all_well:
        raise typer.Exit(1)


def files_of_batch(batch: str, given: list[Path]) -> dict[str, Path]:
    """The files of a batch by their names in it; folders give all that is in them. Raises UserMustAct."""
    if not _BATCH_NAME.fullmatch(batch):
        raise UserMustAct(f"{batch!r} is no name of a batch: letters, digits, dots, dashes and underscores")
    named: dict[str, Path] = {}
    for start in given:
        inside = sorted(path for path in start.rglob("*") if path.is_file()) if start.is_dir() else [start]
        for path in inside:
            name = path.relative_to(start).as_posix() if start.is_dir() else path.name
            if not path.is_file():
                raise UserMustAct(f"neither a file nor a folder: {path}")
            if name in named or name == MANIFEST:
                raise UserMustAct(f"{path}: the batch has a {name} already; files of a batch need names of their own")
            named[name] = path
    if not 0 < len(named) <= MOST_FILES:
        raise UserMustAct(f"a batch has 1 to {MOST_FILES} files, not {len(named)}")
    return named


def _check_batch(deployment: Deployment, dataset: str, newest_run: str | None, named: Mapping[str, Path]) -> None:
    """Refuse, before anything is uploaded, a batch that Dispatch would refuse by the contract."""
    folder, contract = contract_folder(dataset), None
    if folder:
        contract = read_folder(folder).contract
    elif newest_run:  # outside of a checkout the newest run says what the contract is
        contract = deployment.files.find(RunLayout(dataset, newest_run).contract_file("dataset.json"), Contract)
    if contract and contract.input.arrives == "replace" and len(named) > 1:
        raise UserMustAct(
            f"a file of {dataset} replaces all before it (arrives: replace), so a batch holds one file, not "
            f"{len(named)}; drop the newest alone, or put all rows into one file"
        )


def drop_batch(deployment: Deployment, dataset: str, batch: str, named: Mapping[str, Path]) -> None:
    """Upload the files of a batch, and at last the manifest that says what they are."""
    prefix, described = f"{INCOMING}{dataset}/{batch}/", []
    for name, path in named.items():
        upload(deployment, dataset, path, f"{prefix}{name}")
        stored = boto3.client("s3").head_object(Bucket=deployment.bucket, Key=f"{prefix}{name}")
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        etag, size = stored["ETag"].strip('"'), path.stat().st_size
        described.append(BatchFile(name=name, size=size, sha256=sha256, etag=etag))
    manifest = BatchManifest(files=tuple(described)).model_dump_json(indent=1).encode()
    boto3.client("s3").put_object(Bucket=deployment.bucket, Key=f"{prefix}{MANIFEST}", Body=manifest)
    console.print(f"Batch {batch} of {len(named)} files is complete: s3://{deployment.bucket}/{prefix}{MANIFEST}")


def upload(deployment: Deployment, dataset: str, path: Path, key: str | None = None) -> None:
    """Put one file under `incoming/<data set>/`, or where the key says, showing progress."""
    key = key or f"{INCOMING}{dataset}/{path.name}"
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(escape(path.name), total=path.stat().st_size)
        boto3.client("s3").upload_file(
            str(path), deployment.bucket, key, Callback=lambda sent: progress.advance(bar, sent)
        )
    console.print(f"{path} → s3://{deployment.bucket}/{key}", markup=False)
