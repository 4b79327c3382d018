"""`evergreen line simulate`: a production line played from held-back real rows, with a drift that is named."""

import csv
import gzip
import io
import random
import zlib
from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.deployment import Deployment
from evergreen.cli.drop import contract_folder
from evergreen.cli.line_playing import Line
from evergreen.cli.output import console
from evergreen.contract import Contract
from evergreen.contract_file import read_folder
from evergreen.drifts import DRIFTS, Drift, Row, drift_named
from evergreen.errors import UserMustAct
from evergreen.line import Pace, held_back, items_of

app = typer.Typer(name="line", help="Play a production line.", no_args_is_help=True, rich_markup_mode="markdown")


@app.callback()
def _line() -> None:
    """Play a production line."""


@app.command()
def simulate(
    dataset: Annotated[str, typer.Argument(help="The data set whose champion scores the items.")],
    *,
    source: Annotated[Path, typer.Option("--from", help="A CSV file of real rows, plain or gzipped.")],
    skip: Annotated[int, typer.Option(min=0, help="Rows of it that were learned from, and are not played.")] = 0,
    items: Annotated[int, typer.Option(min=1, help="How many items to make.")] = 500,
    rate: Annotated[float, typer.Option(min=0.01, help="Items a second.")] = 50.0,
    drift: Annotated[
        list[str] | None, typer.Option("--drift", help=f"none, {', '.join(DRIFTS)}; may be given twice.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="The sensor that drifts; else the first one.")] = None,
    by: Annotated[
        float | None, typer.Option(help="What the sensor adds, its factor, or the share of random labels.")
    ] = None,
    log_every: Annotated[int, typer.Option(min=1, max=5000, help="Items of one inference log.")] = 100,
    outcome_share: Annotated[
        float, typer.Option(min=0, max=1, help="Of how many items somebody finds out what became of them.")
    ] = 1.0,
    outcome_delay: Annotated[float, typer.Option(min=0, help="Seconds until that is known.")] = 5.0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same.")] = 1,
) -> None:
    """Play a production line: real rows, scored by the champion, logged under `inference/`, their outcomes later.

    Real: the rows, the scores, the logs, and all that follows. Simulated: that the items are made now; that outcomes
    come late, and not of all items; and the drift.

    - `shifted-sensor`: one sensor adds `--by` to what it measures (without it, three standard deviations)
    - `scaled-sensor`: one sensor measures `--by` times what is there (without it, 1.5 times)
    - `random-labels`: of the share `--by` of the items (without it, half) the outcome is drawn at random
    - `none`: the rows as they are

    A sensor that drifts changes what is measured, and never what became of the item. The rows are played in the
    order of the file, so a drift that they have by themselves is played, too: see `evergreen line shuffle`.

    Examples: `evergreen line simulate line_yield --from shuffled.csv --skip 4000`,
    `evergreen line simulate line_yield --from items.csv --drift shifted-sensor --column "Torque [Nm]" --by 25`
    """
    deployment = Deployment.find()
    contract = contract_of(deployment, dataset)
    rows = held_back(contract, text_of(source), skip, items)
    drifts = drifts_of(contract, rows, drift or [], column, by)
    say_what_is_simulated(source, rows, drifts, Pace(rate, log_every, outcome_share, outcome_delay))
    _warn_if_known(deployment, dataset, rows[0][contract.entity or ""])
    chance = random.Random(seed)
    line = Line(deployment, contract, Pace(rate, log_every, outcome_share, outcome_delay), chance)
    made = 0
    for logged in line.play(items_of(contract, rows, drifts, chance)):
        made += logged.items
        share = f"{logged.right / logged.items:.1%} right in truth"
        console.print(f"{made:>6,} of {items:,} items, by {logged.champion}: {share}  {logged.key}", markup=False)
    console.print(
        f"The yield as it is measured: evergreen yield {dataset}. To go on: --skip {skip + items}", markup=False
    )


@app.command()
def shuffle(
    source: Annotated[Path, typer.Argument(help="A CSV file of real rows, plain or gzipped.")],
    target: Annotated[Path, typer.Argument(help="The CSV file to write.")],
    seed: Annotated[int, typer.Option(help="The same seed draws the same order.")] = 1,
) -> None:
    """Write the rows of a file in a random order, so that no drift of its own is in it: history first, then a line.

    Example: `evergreen line shuffle datasets/line_yield/ai4i2020.csv.gz shuffled.csv`, then
    `head -4001 shuffled.csv > history.csv`, `evergreen drop line_yield history.csv --watch`, and
    `evergreen line simulate line_yield --from shuffled.csv --skip 4000`
    """
    header, *rows = list(csv.reader(io.StringIO(text_of(source)))) or [[]]
    if not rows:
        raise UserMustAct(f"{source} has no rows")
    random.Random(seed).shuffle(rows)
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    console.print(f"{len(rows):,} rows in a random order: {target}", markup=False)


def contract_of(deployment: Deployment, dataset: str) -> Contract:
    """The contract in the checkout around us. Raises UserMustAct without one, or without a function that scores."""
    folder = contract_folder(deployment.check(dataset))
    if folder is None:
        raise UserMustAct(f"no contract of {dataset} here: cd into the checkout that it was deployed from")
    if not deployment.predict:
        raise UserMustAct("this stack has no function that scores rows; deploy it anew")
    return read_folder(folder).contract


def text_of(source: Path) -> str:
    """The text of a CSV file, plain or gzipped. Raises UserMustAct."""
    if not source.is_file():
        raise UserMustAct(f"not a file: {source}")
    content = source.read_bytes()
    try:
        return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise UserMustAct(f"{source} is a damaged gzip archive: {error}") from None
    except UnicodeDecodeError as error:
        raise UserMustAct(f"{source} is no CSV file in UTF-8: byte {error.start} cannot be read") from None


def drifts_of(
    contract: Contract, rows: list[Row], names: list[str], column: str | None, by: float | None
) -> list[Drift]:
    """The drifts of these names; `--by` is for one of them only, for each means something else by it."""
    wanted = [name for name in names if name != "none"]
    if by is not None and len(wanted) != 1:
        raise UserMustAct("--by is for one --drift")
    return [drift_named(name, contract, rows, column, by) for name in wanted]


def _warn_if_known(deployment: Deployment, dataset: str, first: str) -> None:
    """Rows that the champion has learned from are no held-back ones: a yield on them is too good."""
    published = deployment.registry.published(dataset)
    if published and deployment.predictions.get(dataset, first, str(published["generation"])):
        console.print(
            f"! Item {first} was in the rows of the published run: if the champion has learned from these items, the "
            "yield looks better than it is. Pass over them with --skip.",
            markup=False,
        )


def say_what_is_simulated(source: Path, rows: list[Row], drifts: list[Drift], pace: Pace) -> None:
    """Before anything is played: what is real, and what is invented."""
    delay = f"{pace.outcome_delay:g} s later"
    known = f"of {pace.outcome_share:.0%} of them the outcome is told, {delay}" if pace.outcome_share else "no outcome"
    console.print(f"Real: {len(rows):,} rows of {source.name}, in their order.", markup=False)
    console.print(f"Simulated: the items are made now, {pace.rate:g} a second; {known}.", markup=False)
    for drift in drifts:
        console.print(f"Simulated: {drift.name}: {drift.sentence}.", markup=False)
