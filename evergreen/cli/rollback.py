"""`evergreen rollback`: an earlier champion and its predictions, back in seconds."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from evergreen.approval import AWAITING_APPROVAL, status_of
from evergreen.champions import RollbackRefused, Target, rollback_target
from evergreen.cli.caller import caller
from evergreen.cli.deployment import Deployment
from evergreen.cli.followers import ask_to_follow, still_to_follow
from evergreen.cli.output import console
from evergreen.cli.outside import say_outside
from evergreen.cli.reason import reason_of
from evergreen.errors import StoreUnavailable
from evergreen.notices import rollback_notice
from evergreen.stores.faults import code_of
from evergreen.stores.notices import Notice
from evergreen.stores.rollbacks import Rollback


def rollback(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")],
    to: Annotated[str | None, typer.Option("--to", help="The run of any earlier champion; else the last one.")] = None,
) -> None:
    """Bring the champion before the present one back, with its predictions, at once.

    Examples: `evergreen rollback next_purchase --reason "wrong prices in May"`,
    `evergreen rollback next_purchase --to next-purchase-00001-3f2a9c81 --reason "the last good one"`
    """
    deployment, why = Deployment.find(), reason_of(reason)
    champion = deployment.registry.champion(deployment.check(dataset))
    if champion and champion["run_id"] == to:
        console.print(f"{dataset}: {to} is the champion already; nothing to move.", markup=False)
        _follow(deployment, dataset)
        say_outside(deployment, dataset)
        return
    done = roll_back(deployment, dataset, to=to, reason=why, by=caller(), now=datetime.now(UTC))
    _say(done)
    _tell(deployment, done)
    _follow(deployment, dataset)
    say_outside(deployment, dataset)


def roll_back(deployment: Deployment, dataset: str, *, to: str | None, reason: str, by: str, now: datetime) -> Rollback:
    """Look, check, then move champion and predictions in one transaction. Raises RollbackRefused, nothing moved."""
    fence = deployment.leases.last_fence(dataset)  # first of all: whatever changes the rest later raises it
    ended_holder = _ended_holder(deployment, dataset, now)
    registry = deployment.registry
    champion, published = registry.champion(dataset), registry.published(dataset)
    if champion is None:
        raise RollbackRefused(f"{dataset} has no champion yet, so there is nothing to go back to")
    target = rollback_target(registry.history(dataset), champion["run_id"], to)
    _check_there(deployment, dataset, target)
    done = Rollback(
        dataset=dataset,
        target=target,
        replaces=champion["run_id"],
        replaces_generation=published["run_id"] if published else None,
        fence=fence,
        by=by,
        reason=reason,
        at=now,
        ended_holder=ended_holder,
    )
    deployment.rollbacks.move(done)
    return done


def _ended_holder(deployment: Deployment, dataset: str, now: datetime) -> str | None:
    """The run that holds the lease although its execution is over. Raises RollbackRefused while one is in progress.

    A lease that has expired says nothing: by the clock of whoever calls it may seem so while its run goes on.
    """
    lease = deployment.leases.last(dataset)
    if lease is None:
        return None
    run_id = lease.run_id
    try:
        ended = deployment.workflows.ended(run_id)
    except ClientError as error:
        if code_of(error) != "ExecutionDoesNotExist":
            raise
        if lease.expires_at <= now.timestamp():
            return None
        raise RollbackRefused(f"run {run_id} is about to start; try again in a minute") from error
    if ended:
        return run_id
    if status_of(deployment.runs.get(run_id) or {}) == AWAITING_APPROVAL:
        remedy = f'it waits for approval; reject it first: evergreen reject {run_id} --reason "…"'
    else:
        remedy = (
            f"wait for its end: evergreen runs {dataset} --watch; or stop it: "
            f"aws stepfunctions stop-execution --execution-arn {deployment.execution_arn(run_id)}"
        )
    raise RollbackRefused(f"run {run_id} is in progress and may change the champion; {remedy}")


def _check_there(deployment: Deployment, dataset: str, target: Target) -> None:
    """Raises RollbackRefused when the model or its predictions are gone."""
    key = target.champion["model_key"]
    if not deployment.files.exists(key):
        raise RollbackRefused(
            f"the model of {target.run_id} is gone: s3://{deployment.bucket}/{key}. Restore it (the bucket keeps "
            f"versions), or choose another with --to; see: evergreen history {dataset}"
        )
    published = target.published
    removal = deployment.removals.find(dataset, published.generation)
    if removal:
        raise RollbackRefused(
            f"the predictions of {target.run_id} are gone: generation {published.generation} was removed at "
            f"{removal.begun_at[:16]} by {removal.by_run}, as predictions.keep_generations of the contract says. "
            f"Choose another with --to; see: evergreen history {dataset}"
        )
    if not published.sample or deployment.predictions.get(dataset, published.sample, published.generation) is None:
        raise RollbackRefused(
            f"the predictions of {target.run_id} are gone: generation {published.generation} is not in "
            f"{deployment.predictions_table} any more. Choose another with --to; see: evergreen history {dataset}"
        )


def _say(done: Rollback) -> None:
    published = done.target.published
    as_of = f" as of {published.as_of}" if published.as_of else ""
    for line in (
        f"{done.dataset}: {done.target.run_id} is champion again, in place of {done.replaces}.",
        f"Readers see its {published.rows:,} predictions{as_of}, generation {published.generation}.",
        f'Undo: evergreen rollback {done.dataset} --to {done.replaces} --reason "…"',
    ):
        console.print(line, markup=False)


def _tell(deployment: Deployment, done: Rollback) -> None:
    """One notice; a rollback is done even when nobody could be told."""
    subject, body = rollback_notice(
        done.dataset,
        champion=done.target.run_id,
        replaced=done.replaces,
        generation=done.target.published.generation,
        by=done.by,
        reason=done.reason,
    )
    identity = f"{done.dataset}-rollback-{done.fence + 1:05d}"
    notice = Notice(notification_id=identity, dataset=done.dataset, kind="ROLLED_BACK", subject=subject, body=body)
    try:
        deployment.notices.send(notice)
    except (StoreUnavailable, ClientError) as error:
        console.print(f"Nobody was told: {error}", markup=False)


def _follow(deployment: Deployment, dataset: str) -> None:
    """Ask the followers now, and say what they do not show yet."""
    problem = ask_to_follow(deployment, dataset)
    outstanding = deployment.outbox.open(dataset)
    for line in still_to_follow(outstanding):
        console.print(line, markup=False)
    if outstanding:
        why = f" ({problem})" if problem else ""
        console.print(f"It follows with the next run{why}.", markup=False)
    else:
        also = " and MLflow" if deployment.mlflow_app else ""
        console.print(f"It shows in SageMaker's model registry{also}, too.", markup=False)
