"""What the CRM knows of some customers, before and after a run."""

import time
from collections.abc import Mapping, Sequence

from rich.table import Table

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console

_LONGEST_WAIT = 120  # seconds
_POLL_SECONDS = 0.5


def what_the_crm_knows(deployment: Deployment, dataset: str, entities: Sequence[str]) -> dict[str, str | None]:
    """The segment of each that the CRM has taken, once it has been told of everybody."""
    deadline = time.monotonic() + _LONGEST_WAIT
    with console.status("The CRM is told whose segment changed …"):
        while not deployment.segment_queue.is_empty() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    looked = deployment.segments.look(dataset, entities)
    return {entity: told.segment if told else None for entity, (_, told) in looked.items()}


def show_segments(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> None:
    """Both, side by side."""
    table = Table(title="\nTheir segments in the CRM", title_justify="left", box=None)
    for name in ("customer", "after run 1", "after run 2"):
        table.add_column(name, justify="right" if name == "customer" else "left")
    for entity, segment in after.items():
        changed = segment != before.get(entity)
        table.add_row(entity, before.get(entity) or "-", segment or "-", style="bold" if changed else "")
    console.print(table)
