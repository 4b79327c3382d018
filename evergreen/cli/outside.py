"""Those outside who are told of a data set: listeners on the event bus, and the CRM."""

from collections.abc import Iterable

import boto3

from evergreen.cli.deployment import Deployment
from evergreen.cli.followers import ask
from evergreen.cli.output import console
from evergreen.stores.dead_letters import DeadLetters
from evergreen.stores.followers import Followers


def say_outside(deployment: Deployment, dataset: str) -> None:
    """Tell the events that wait, and bring the CRM to what readers see now; says what has to wait on."""
    if deployment.event_bus:
        problem = deployment.announcements.tell(dataset)
        if problem:
            console.print(f"The event bus was not told ({problem}); it is with the next run.", markup=False)
    if deployment.update_segments:
        problem = ask(deployment.update_segments, dataset)
        told = f"not compared ({problem}); they are with the next run" if problem else "compared; the CRM is being told"
        console.print(f"Segments are {told}.", markup=False)
    if deployment.update_endpoint:
        _have_endpoint_follow(deployment, deployment.update_endpoint, dataset)


def _have_endpoint_follow(deployment: Deployment, function: str, dataset: str) -> None:
    """Asked for and not waited for: SageMaker takes minutes."""
    record = deployment.endpoints.find(dataset)
    if record and record.is_there:
        Followers(boto3.client("lambda"), [function]).ask(dataset)
        console.print(
            f"The endpoint {record.endpoint} follows within minutes; until then the scoring function answers. "
            f"Who answers: evergreen verify {dataset}",
            markup=False,
        )


def redrive_outside(deployment: Deployment, datasets: Iterable[str], *, dry_run: bool) -> None:
    """Try again to tell what could not be told."""
    letters, queue = deployment.segments_dead_letters_url, deployment.segments_queue_url
    replay(letters, queue, "Segment updates: {} messages that the CRM did not take.", "told", dry_run=dry_run)
    for dataset in datasets:
        waiting = deployment.announcements.open(dataset) if deployment.event_bus else []
        if waiting:
            console.print(f"{dataset}: {len(waiting)} events wait to be told.", markup=False)
        behind = _is_behind(deployment, dataset)
        if behind:
            console.print(f"{dataset}: the segments of the published generation are not compared.", markup=False)
        if (waiting or behind) and not dry_run:
            say_outside(deployment, dataset)


def _is_behind(deployment: Deployment, dataset: str) -> bool:
    published = deployment.registry.published(dataset)
    if published is None or not deployment.segments_table:
        return False
    status = deployment.segments.status(dataset)
    if not status:  # as with a contract that has no segments
        return False
    return (status["generation"], status["sequence"]) != (published["generation"], published.get("fence", 0))


def replay(letters_url: str, queue_url: str, what: str, done: str, *, dry_run: bool) -> None:
    """Say how many letters wait in a queue beside that of the arrivals, and have them handled again."""
    if not letters_url:
        return
    queue = DeadLetters(boto3.client("sqs"), letters_url, queue_url)
    count = queue.count()
    if not count:
        return
    console.print(what.format(count))
    if not dry_run:
        console.print(f"{queue.replay()} of them are {done} again.")
