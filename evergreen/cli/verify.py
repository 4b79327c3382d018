"""`evergreen verify`: rows whose outcome is known through what answers now, against what happened and the batch."""

import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.scorers import Scorer, scorer_of
from evergreen.cli.up import checkout
from evergreen.cli.verification_plot import plot as draw
from evergreen.errors import UserMustAct
from evergreen.generations import ScoringParts
from evergreen.layout import RunLayout
from evergreen.verification import Agreement, GoldenRows, agreement, figures

_MOST_READ = 100  # predictions of a reading


class NotVerified(UserMustAct):
    """What answers now does not answer as the batch did."""


def verify(
    dataset: Annotated[str, typer.Argument(help="The data set.")],
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw predicted against actual into this PNG.")] = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, max=10_000, help="How many golden rows, at most; up to 500 of the batch.")
    ] = 500,
) -> None:
    """Score golden rows of the champion's hold-out now: how near they are to what happened, and whether the answers
    are those of the published batch predictions. The data set's endpoint is asked, where it has one.

    Examples: `evergreen verify line_yield`, `evergreen verify next_purchase --plot next_purchase.png --rows 2000`
    """
    deployment = Deployment.find()
    champion = deployment.registry.champion(deployment.check(dataset))
    if champion is None:
        raise UserMustAct(f"{dataset} has no champion yet; drop a file: evergreen drop {dataset} FILE.csv")
    with TemporaryDirectory() as folder, console.status("fetching golden rows …"):
        golden = _golden(deployment, RunLayout(dataset, champion["run_id"]), Path(folder), rows)
    with console.status(f"scoring {len(golden.rows):,} rows …"):
        scorer = scorer_of(deployment, dataset, champion["run_id"], golden.task, golden.features)
        answers = scorer.score(golden.rows)
        compared = _with_batch(deployment, scorer, dataset, golden.features, min(rows, 500))
    console.print(f"champion {champion['run_id']}, by {scorer.name}", markup=False)
    for sentence in figures(golden, answers):
        console.print(sentence, markup=False)
    console.print(compared.sentence(), markup=False)
    if plot:
        draw(golden, answers, f"{dataset}: {champion['run_id']}", plot)
        console.print(f"Drew {plot}", markup=False)
    if compared.same < compared.of:
        raise NotVerified(f"{dataset} does not answer as its published predictions say")


def _golden(deployment: Deployment, layout: RunLayout, folder: Path, rows: int) -> GoldenRows:
    """Reading data is the container's work, in a process of its own."""
    for name in ("holdout.parquet", "signature.json"):
        deployment.files.download(f"{layout.prepared}/holdout/{name}", folder)
    command = [sys.executable, "-m", "container.golden", str(folder), str(rows)]
    done = subprocess.run(command, cwd=checkout(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserMustAct(f"the hold-out of {layout.run_id} cannot be read:\n{done.stderr.strip()}")
    return GoldenRows.model_validate_json(done.stdout)


def _with_batch(deployment: Deployment, scorer: Scorer, dataset: str, features: Sequence[str], most: int) -> Agreement:
    """The first rows that the published generation scored, scored again, against what readers see of them."""
    published = deployment.registry.published(dataset)
    if published is None or published["champion"] != (deployment.registry.champion(dataset) or {}).get("run_id"):
        return Agreement(0, 0)
    layout = RunLayout(dataset, published["generation"])
    lines = [line for _, line in zip(range(most), _scoring_lines(deployment, layout), strict=False)]
    entities = [line[0] for line in lines]
    rows = [dict(zip(features, (cell or None for cell in line[1:]), strict=True)) for line in lines]
    seen: dict[str, dict[str, Any]] = {}
    reading = deployment.published
    for start in range(0, len(entities), _MOST_READ):
        found = reading.read(dataset, entities[start : start + _MOST_READ])
        if found is None or found.published["generation"] != published["generation"]:
            raise UserMustAct(f"{dataset} published another generation meanwhile; verify again")
        seen |= found.predictions
    return agreement(entities, scorer.score(rows), seen)


def _scoring_lines(deployment: Deployment, layout: RunLayout) -> Iterator[list[str]]:
    for each in deployment.files.read(layout.scoring_parts, ScoringParts).root:
        content = deployment.files.content(layout.scoring_part(each.part))
        if content:
            yield from csv.reader(content.decode().splitlines())
