"""`evergreen predictions`: what readers see."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import Output, console, print_json
from evergreen.cli.runs import OutputOption
from evergreen.errors import UserMustAct


def predictions(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    entity: Annotated[str, typer.Argument(help="Whose prediction; the contract's entity, such as a customer id.")],
    output: OutputOption = Output.text,
) -> None:
    """Read one entity's prediction from the published generation.

    Example: `evergreen predictions next_purchase 17850`
    """
    deployment = Deployment.find()
    published = deployment.registry.published(deployment.check(dataset))
    if published is None:
        raise UserMustAct(f"{dataset} has published nothing yet; drop a file: evergreen drop {dataset} FILE.csv")
    found = deployment.predictions.get(dataset, entity, published["generation"])
    if found is None:
        rows = published["rows"]
        raise UserMustAct(f"{dataset} has no prediction for {entity!r} among the {rows:,} of {published['generation']}")
    answer = {**found, "dataset": dataset, "as_of": published.get("as_of")}
    if output is Output.json:
        print_json(answer)
        return
    table = Table(box=None, show_header=False)
    for name, value in answer.items():
        if value is None:  # a table has no day that its predictions are as of
            continue
        table.add_row(name, escape(str(value)))  # a label may look like rich's markup
    console.print(table)
