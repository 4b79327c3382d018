"""`evergreen up`: the laptop cloud in the foreground."""

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.output import console
from evergreen.errors import UserMustAct


class Jobs(StrEnum):
    """What SageMaker's jobs run in on the laptop."""

    process = "process"
    image = "image"


class NoCheckout(UserMustAct):
    """The laptop cloud runs the app of a checkout, and this is none."""


def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the AWS API answers; 0: any free port.")] = 4566,
    state_dir: Annotated[
        Path | None, typer.Option(help="Keep buckets, tables and run records here, and start from what is there.")
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="With nothing in it, for the CDK CLI.")] = False,
    jobs: Annotated[Jobs, typer.Option(help="Run SageMaker's jobs in this; the image is what `make image` built.")] = (
        Jobs.process
    ),
) -> None:
    """Run the laptop cloud until Ctrl-C, and print its endpoint and the exports to paste.

    It deploys anew whenever a contract or a query under `datasets/` changes.

    Examples: `evergreen up`, `evergreen up --state-dir .evergreen/state`, `evergreen up --empty`,
    `evergreen up --jobs image`
    """
    root = checkout()
    if not empty:
        synthesize(root)
    command = [sys.executable, "-m", "local", "up", "--port", str(port), "--jobs", jobs]
    command += ["--state-dir", str(state_dir.resolve())] if state_dir else []
    command += ["--empty"] if empty else ["--follow", "datasets"]
    os.chdir(root)
    os.execv(sys.executable, command)  # noqa: S606  (the cloud takes this process over, and with it Ctrl-C)


def checkout() -> Path:
    """The checkout that holds the current folder. Raises NoCheckout."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "cdk.json").is_file() and (folder / "local").is_dir():
            return folder
    raise NoCheckout(f"{here} is not inside a checkout of Evergreen: there is no cdk.json; cd into one")


def synthesize(root: Path) -> None:
    """Synthesize the app, unless nothing it depends on has changed."""
    console.print("Synthesizing the CDK app …")
    done = subprocess.run(
        [sys.executable, "-m", "cdk_app.synth"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserMustAct(f"the CDK app does not synthesize:\n{done.stderr.strip()}")
