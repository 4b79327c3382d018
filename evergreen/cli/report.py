"""`evergreen report`: a run's pages for people, brought here and opened."""

import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer

from evergreen.cli.deployment import Deployment
from evergreen.cli.output import console
from evergreen.cli.runs import look_up
from evergreen.errors import UserMustAct
from evergreen.layout import RunLayout
from evergreen.stores.files import Files

_FOLDER = Path(".evergreen") / "reports"


class NoReport(UserMustAct):
    """The run has no such page; says why, and what there is instead."""


def report(
    run_id: Annotated[str, typer.Argument(help="As `evergreen runs` lists it.")],
    data: Annotated[bool, typer.Option("--data", help="The data report instead of the model report.")] = False,
    to: Annotated[Path, typer.Option(help="The folder to put a run's pages in.")] = _FOLDER,
) -> None:
    """Bring a run's report here, say where it is, and open it when a person is looking.

    Examples: `evergreen report next-purchase-00001-3f2a9c81`, `evergreen report RUN_ID --data`
    """
    deployment = Deployment.find()
    dataset, record = look_up(deployment, run_id)
    files, layout = Files(boto3.client("s3"), deployment.bucket), RunLayout(dataset, run_id)
    wanted = layout.report_page if data else layout.model_report
    pages = {key: files.content(key) for key in (layout.model_report, layout.report_page)}
    if pages[wanted] is None:
        raise NoReport(_why(record, data=data, has_data_report=pages[layout.report_page] is not None))
    for key, content in pages.items():  # both, for the one links to the other
        if content is not None:
            _write(_local(to, layout, key), content)
    page = _local(to, layout, wanted).resolve()
    console.print(str(page), markup=False, soft_wrap=True)
    console.print(files.uri(wanted), markup=False, soft_wrap=True)
    if console.is_terminal:
        webbrowser.open(page.as_uri())


def _local(folder: Path, layout: RunLayout, key: str) -> Path:
    return folder / layout.run_id / key.removeprefix(f"{layout.prefix}/")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _why(record: Mapping[str, Any], *, data: bool, has_data_report: bool) -> str:
    """Why there is no page, and what else tells of the run."""
    run_id, status = record["run_id"], record.get("status", "unknown")
    if status == "RUNNING":
        when = "once its data is prepared" if data else "once the challenger is evaluated"
        return f"run {run_id} is still running; it has this report {when}. Follow it: evergreen run {run_id}"
    if data:
        return f"run {run_id} ({status}) has no data report: it ended before its data was prepared. See: {_see(run_id)}"
    instead = f"its data report: evergreen report {run_id} --data" if has_data_report else f"see: {_see(run_id)}"
    return f"run {run_id} ({status}) has no model report: it ended before the evaluation; {instead}"


def _see(run_id: str) -> str:
    return f"evergreen run {run_id}"
