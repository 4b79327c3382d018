"""`evergreen redrive`: after a cause is mended, have what failed tried again."""

import uuid
from typing import Annotated, Any

import boto3
import typer

from evergreen.cli.caller import caller
from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.outside import redrive_outside, replay
from evergreen.dead_letters import Explanation, explain
from evergreen.errors import UserMustAct
from evergreen.requests import RunRequest
from evergreen.stores.dead_letters import DeadLetters
from evergreen.stores.requests import Requests

_LISTED = 20  # of each kind


def redrive(
    dataset: Annotated[str | None, typer.Argument(help="Only this data set's failed runs.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be tried again.")] = False,
) -> None:
    """Try again what failed: dead letters go back to the arrivals queue, and what failed runs left makes a new run.

    Files that were set aside because three runs failed with them, or because S3 would not give them, join as well.
    Dead letters are not told apart by data set. Events and segment updates that could not be told are told again,
    and inference logs that could not be measured are measured.
    Mend the cause first.

    Examples: `evergreen redrive --dry-run`, `evergreen redrive next_purchase`
    """
    deployment = Deployment.find()
    named = [deployment.check(dataset)] if dataset else list(deployment.datasets)
    _dead_letters(deployment, dry_run)
    letters, queue = deployment.inference_dead_letters_url, deployment.inference_queue_url
    replay(letters, queue, "Inference logs: {} that could not be measured.", "measured", dry_run=dry_run)
    redrive_outside(deployment, named, dry_run=dry_run)
    left = {each: _left_behind(deployment, each) for each in named}
    for each, arrivals in left.items():
        _tell(each, arrivals)
    again = {each: arrivals for each, arrivals in left.items() if arrivals}
    if dry_run or not again:
        return
    by = caller()
    requests = [
        RunRequest(
            dataset=each,
            request_id=str(uuid.uuid4()),
            kind="redrive",
            reason=f"{len(arrivals)} arrivals of failed runs are tried again",
            by=by,
        )
        for each, arrivals in again.items()
    ]
    Requests(boto3.client("events"), deployment.state_machine_arn).send(*requests)
    for request in requests:
        console.print(f"{request.dataset}: a run with them is requested; watch it: evergreen runs {request.dataset}")


def _dead_letters(deployment: Deployment, dry_run: bool) -> None:
    if not deployment.dead_letters_url:
        raise UserMustAct("the deployed stack does not name its dead-letter queue; deploy it anew: make deploy")
    queue = DeadLetters(boto3.client("sqs"), deployment.dead_letters_url, deployment.queue_url)
    letters = [explain(letter, frozenset(deployment.datasets)) for letter in queue.look()]
    if not letters:
        console.print("No dead letters.")
        return
    console.print("Dead letters:" if dry_run else "Dead letters, which go back to the arrivals queue:")
    _list([f"{letter.what}; {letter.why}" for letter in letters])
    if not dry_run:
        console.print(f"{queue.replay()} replayed.")
    _warn(letters)


def _warn(letters: list[Explanation]) -> None:
    unreadable = sum(not letter.readable for letter in letters)
    if unreadable:
        console.print(
            f"{unreadable} of them nobody can read: replayed, they fail again and come back after five tries, in about "
            "half an hour. They harm nothing; after 14 days SQS drops them."
        )


def _left_behind(deployment: Deployment, dataset: str) -> list[dict[str, Any]]:
    """What failed runs left and no run in progress has taken again."""
    newest = next(iter(deployment.runs.of(dataset)), {})
    taken = () if "ended_at" in newest else newest.get("arrival_ids", ())
    return [each for each in deployment.ledger.given_up(dataset) if each["arrival_id"] not in taken]


def _tell(dataset: str, arrivals: list[dict[str, Any]]) -> None:
    if not arrivals:
        console.print(f"{dataset}: no failed run has left anything.", markup=False)
        return
    console.print(f"{dataset}: left by failed runs:", markup=False)
    _list([f"{each['cause']} ({each['state']}, {_failures(each)})" for each in arrivals])


def _failures(arrival: dict[str, Any]) -> str:
    count = len(arrival.get("failed_runs", ()))
    if "unreadable" in arrival:
        return "S3 would not give it"
    return "1 run failed with it" if count == 1 else f"{count} runs failed with it"


def _list(lines: list[str]) -> None:
    for line in lines[:_LISTED]:
        console.print(f"- {line}", markup=False)
    if len(lines) > _LISTED:
        console.print(f"… and {len(lines) - _LISTED} more")
