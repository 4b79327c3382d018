"""`evergreen segments`: how far the CRM is, and what it knows of one customer."""

from typing import Annotated

import boto3
import typer
from rich.table import Table

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.errors import UserMustAct
from evergreen.segment_updates import Told, Want
from evergreen.stores.dead_letters import DeadLetters


def segments(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    entity: Annotated[str | None, typer.Argument(help="One customer.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Tell the CRM of this customer, even if it knows.")] = False,
) -> None:
    """Show how far the CRM is with the published generation, or what it was told of one customer.

    Examples: `evergreen segments next_purchase`, `evergreen segments next_purchase 17850 --send`
    """
    deployment = Deployment.find()
    deployment.check(dataset)
    if not deployment.segments_table:
        raise UserMustAct("the deployed stack has no segments; deploy it anew: make deploy")
    if entity is None:
        _overview(deployment, dataset)
        return
    want, told = deployment.segments.look(dataset, [entity])[entity]
    if want is None:
        raise UserMustAct(f"no segment of {entity!r} was ever published for {dataset}")
    if send:
        deployment.segment_queue.ask(deployment.segments, dataset, entity)
        console.print(f"{dataset}: the CRM is being told of {entity}: {want.segment or 'no segment'}.", markup=False)
        return
    _customer(want, told)


def _overview(deployment: Deployment, dataset: str) -> None:
    status = deployment.segments.status(dataset)
    if not status.get("generation"):
        raise UserMustAct(
            f"{dataset} has no segments yet: its contract states none, or nothing was published since it does"
        )
    queue = DeadLetters(boto3.client("sqs"), deployment.segments_dead_letters_url, deployment.segments_queue_url)
    table = Table(box=None, show_header=False)
    waiting = deployment.segment_queue.count()
    table.add_row("generation", status["generation"])
    table.add_row("customers it changed", f"{status['changed']:,}")
    table.add_row("updates that the CRM took, ever", f"{status.get('updates_total', 0):,}")
    table.add_row("messages that wait for it", f"{waiting:,}")
    table.add_row("messages given up, for evergreen redrive", f"{queue.count():,}")
    console.print(table)


def _customer(want: Want, told: Told | None) -> None:
    knows = told is not None and told.event_id == want.event_id
    table = Table(box=None, show_header=False)
    table.add_row("segment", want.segment or "none")
    table.add_row("since generation", want.generation)
    table.add_row("the CRM knows", "yes" if knows else "not yet")
    if told and told.at:
        table.add_row("told last", f"{told.segment or 'none'} at {told.at[:19]}, generation {told.generation}")
    if told and told.error:
        table.add_row("the last try", told.error)
    console.print(table)
