"""`evergreen history`: every champion of a data set, and how each came and went."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.champions import Tenure, tenures
from evergreen.cli.deployment import Deployment
from evergreen.cli.followers import still_to_follow
from evergreen.cli.output import Output, console, print_json
from evergreen.cli.runs import OutputOption


def history(dataset: Annotated[str, typer.Argument(help="The data set.")], output: OutputOption = Output.text) -> None:
    """List every champion, newest first: who or what made it, when, why, its metric, and how it ended.

    Examples: `evergreen history next_purchase`, `evergreen history next_purchase -o json`
    """
    deployment = Deployment.find()
    found = tenures(deployment.registry.history(deployment.check(dataset)))
    outstanding, unlearned = deployment.outbox.open(dataset), deployment.unlearned.of(dataset)
    if output is Output.json:
        champions = [each.model_dump() for each in found]
        to_follow = [each.model_dump(mode="json") for each in outstanding]
        left_out = [each.model_dump(mode="json") for each in unlearned]
        print_json({"dataset": dataset, "champions": champions, "to_follow": to_follow, "unlearned": left_out})
        return
    if not found:
        console.print(f"{dataset} has had no champion yet. Drop a file: evergreen drop {dataset} FILE.csv")
    for tenure in found:
        console.print(_table(tenure))
    for each in unlearned:
        since = f"{each.at:%Y-%m-%d %H:%M} UTC"
        console.print(f"Unlearned since {since}, by {each.by}: {each.what} ({each.reason})", markup=False)
    for line in still_to_follow(outstanding):
        console.print(line, markup=False)
    if outstanding:
        console.print("It follows with the next run or rollback, or now: evergreen mlflow")


def _table(tenure: Tenure) -> Table:
    table = Table(title=escape(tenure.run_id), title_justify="left", title_style="bold", box=None, show_header=False)
    until = f"{_minute(tenure.until)} UTC" if tenure.until else "now"
    value = f"{tenure.metric} {tenure.value:.4g}" if tenure.metric and tenure.value is not None else "not on record"
    facts = {
        "from, until": f"{_minute(tenure.since)} UTC – {until}",
        "made by": tenure.made_by,
        "why": " ".join(tenure.why),
        "metric": value,
        "predictions": tenure.generation or "none published",
        "ended": tenure.ended,
    }
    for name, fact in facts.items():
        table.add_row(name, escape(fact))
    return table


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
