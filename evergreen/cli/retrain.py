"""`evergreen retrain`: ask for runs on the rows there are, as an event that Dispatch takes like every other."""

import time
import uuid
from typing import Annotated

import boto3
import typer

from evergreen.cli.caller import caller
from evergreen.cli.deployment import Deployment
from evergreen.cli.holdup import Holdup
from evergreen.cli.output import console
from evergreen.cli.watch import follow
from evergreen.errors import UserMustAct
from evergreen.requests import RunRequest
from evergreen.stores.endings import Status
from evergreen.stores.requests import Requests

_TAKEN_WITHIN = 120  # seconds
_POLL_SECONDS = 0.5


def retrain(
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; the run, its notice and the ledger say it.")],
    datasets: Annotated[list[str] | None, typer.Argument(help="The data sets to retrain.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every data set of the deployment.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow the runs, one after the other.")] = False,
) -> None:
    """Retrain data sets without a new file: each run takes the rows there are, and whatever waits.

    Each data set keeps its own lease: where a run is in progress, the request makes the next one.

    Examples: `evergreen retrain next_purchase --reason "prices corrected" -w`, `evergreen retrain --all -r monthly`
    """
    if bool(datasets) == every:
        raise UserMustAct("name the data sets to retrain, or --all of them: evergreen retrain next_purchase --reason …")
    if not reason.strip():
        raise UserMustAct("--reason must say why; the run's notice repeats it")
    deployment = Deployment.find()
    named = deployment.datasets if every else tuple(dict.fromkeys(deployment.check(each) for each in datasets or ()))
    by = caller()
    requests = [
        RunRequest(dataset=each, request_id=str(uuid.uuid4()), kind="manual", reason=reason.strip(), by=by)
        for each in named
    ]
    Requests(boto3.client("events"), deployment.state_machine_arn).send(*requests)
    for request in requests:
        console.print(f"{request.dataset}: requested as {request.request_id}", markup=False)
    if not watch:
        console.print(f"Where they stand: evergreen runs; what holds one back: evergreen arrivals {named[0]}")
        return
    statuses = [_follow(deployment, request) for request in requests]
    if any(status != Status.SUCCEEDED for status in statuses):
        raise typer.Exit(1)


def _follow(deployment: Deployment, request: RunRequest) -> str:
    """Follow the run that takes the request; returns its status."""
    console.print(f"\n{request.dataset}: waiting for the run that takes it …", markup=False)
    run_id = _run_of(deployment, request)
    follow(deployment, run_id)
    return str((deployment.runs.get(run_id) or {}).get("status"))


def _run_of(deployment: Deployment, request: RunRequest) -> str:
    """The run that takes the request, however long another one lasts before it."""
    dataset, arrival_id = request.dataset, request.arrival_id
    deadline, holdup = time.monotonic() + _TAKEN_WITHIN, Holdup(deployment, dataset)
    while True:
        for run in deployment.runs.of(dataset):
            if arrival_id in run.get("arrival_ids", ()):
                return str(run["run_id"])
        if not holdup.look() and time.monotonic() > deadline and not deployment.ledger.get(dataset, [arrival_id]):
            raise UserMustAct(
                f"nobody has taken the request for {dataset} within {_TAKEN_WITHIN} s; see: evergreen redrive --dry-run"
            )
        time.sleep(_POLL_SECONDS)
