"""`evergreen rollback`: an earlier champion and its predictions, back in seconds."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from evergreen.cli.caller import caller
from evergreen.cli.deployment import Deployment
from evergreen.cli.followers import ask_to_follow, still_to_follow
from evergreen.cli.output import console
from evergreen.cli.outside import say_outside
from evergreen.cli.reason import reason_of
from evergreen.errors import StoreUnavailable
from evergreen.notices import rollback_notice
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
    return deployment.reinstatement.bring_back(dataset, to=to, reason=reason, by=by, now=now)


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
