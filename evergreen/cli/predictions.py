"""`evergreen predictions`: what readers see."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from evergreen.cli.deployment import Deployment
from evergreen.cli.explanation import explanation, show_explanation
from evergreen.cli.exports import Format, of_segment, show, write_all
from evergreen.cli.output import console, print_json
from evergreen.errors import UserMustAct
from evergreen.generations import Published, published_of

_OutputOption = Annotated[
    Format, typer.Option("--output", "-o", help="text for people, json for programs; --all: csv, json or parquet.")
]


def predictions(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    entity: Annotated[
        str | None, typer.Argument(help="Whose prediction; the contract's entity, such as a customer id.")
    ] = None,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="What each feature adds to it.")] = False,
    segment: Annotated[str | None, typer.Option("--segment", help="Those of this segment of the contract.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many of a segment.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="The whole generation, as a file on stdout.")] = False,
    output: _OutputOption = Format.text,
) -> None:
    """Read predictions from the published generation: one entity's, a segment's, or all of them.

    Examples: `evergreen predictions next_purchase 17850 --explain`,
    `evergreen predictions next_purchase --segment at_risk --limit 50`,
    `evergreen predictions next_purchase --all > predictions.parquet`,
    `evergreen predictions next_purchase --all -o csv > predictions.csv`
    """
    if sum((entity is not None, segment is not None, everything)) != 1:
        raise UserMustAct("say whose predictions: an entity, --segment NAME, or --all")
    if explain and entity is None:
        raise UserMustAct("--explain is for one entity: evergreen predictions DATASET ENTITY --explain")
    deployment = Deployment.find()
    published = _published(deployment, dataset)
    if entity is not None:
        found, published = _one(deployment, dataset, entity, published)
        _show_one(found, output, explanation(deployment, dataset, entity, published) if explain else None)
    elif segment is not None:
        contract = deployment.scored_rows.contract(dataset, published.generation)
        few = of_segment(deployment.scored_rows.of(dataset, published), segment, limit, contract)
        show(few, output)
        if output is Format.text and segment in published.segments:  # generations of before were not counted so
            console.print(f"{len(few):,} of the {published.segments[segment]:,} in {segment}.")
    else:
        write_all(deployment.scored_rows.of(dataset, published), output)


def _published(deployment: Deployment, dataset: str) -> Published:
    published = deployment.registry.published(deployment.check(dataset))
    if published is None:
        raise UserMustAct(f"{dataset} has published nothing yet; drop a file: evergreen drop {dataset} FILE.csv")
    return published_of(published)


def _one(deployment: Deployment, dataset: str, entity: str, published: Published) -> tuple[dict[str, Any], Published]:
    """The prediction and its generation, which may have been superseded and removed since we looked."""
    found = deployment.predictions.get(dataset, entity, published.generation)
    newest = published if found else _published(deployment, dataset)
    if newest.generation != published.generation:
        return _one(deployment, dataset, entity, newest)
    if found is None:
        rows, generation = published.rows, published.generation
        raise UserMustAct(f"{dataset} has no prediction for {entity!r} among the {rows:,} of {generation}")
    return {"dataset": dataset, **found}, published


def _show_one(found: dict[str, Any], output: Format, explained: dict[str, Any] | None) -> None:
    if output is Format.json:
        print_json(found | ({"explained": explained} if explained else {}))
        return
    if output is not Format.text:
        raise UserMustAct(f"-o {output} is for --all and --segment; for one entity take -o json")
    table = Table(box=None, show_header=False)
    for name, value in found.items():
        table.add_row(name, escape(str(value)))  # a label may look like rich's markup
    console.print(table)
    if explained:
        show_explanation(explained)
