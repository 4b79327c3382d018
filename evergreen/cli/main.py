"""The `evergreen` command."""

import sys
from collections.abc import Callable

import typer
from botocore.exceptions import BotoCoreError, ClientError

from evergreen.cli.approve import approve, reject
from evergreen.cli.arrivals import arrivals
from evergreen.cli.champions import history
from evergreen.cli.contract import app as contract
from evergreen.cli.demo import app as demo
from evergreen.cli.drop import drop
from evergreen.cli.init import init
from evergreen.cli.line import app as line
from evergreen.cli.mlflow import mlflow
from evergreen.cli.observed_yield import observed_yield
from evergreen.cli.output import errors
from evergreen.cli.predictions import predictions
from evergreen.cli.redrive import redrive
from evergreen.cli.report import report
from evergreen.cli.retrain import retrain
from evergreen.cli.rollback import rollback
from evergreen.cli.runs import run, runs
from evergreen.cli.segments import segments
from evergreen.cli.unlearn import unlearn
from evergreen.cli.up import up
from evergreen.cli.verify import verify
from evergreen.errors import EvergreenError

app = typer.Typer(
    name="evergreen",
    help="Keeps models fresh on AWS. Every command works on AWS and on the laptop cloud alike: it goes where "
    "AWS_ENDPOINT_URL and your profile point.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
COMMANDS: tuple[Callable[..., None], ...] = (
    up,
    init,
    drop,
    runs,
    run,
    report,
    arrivals,
    retrain,
    redrive,
    predictions,
    verify,
    segments,
    approve,
    reject,
    history,
    rollback,
    unlearn,
    mlflow,
)
for command in COMMANDS:
    app.command()(command)
app.command(name="yield")(observed_yield)
app.add_typer(contract)
app.add_typer(line)
app.add_typer(demo)


def main() -> None:
    """Run the command; what a person can act on is one sentence on stderr, not a traceback."""
    try:
        app()
    except EvergreenError as error:
        errors.print(f"evergreen: {error}", markup=False)
        sys.exit(1)
    except (BotoCoreError, ClientError) as error:
        errors.print(f"evergreen: AWS answered: {error}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
