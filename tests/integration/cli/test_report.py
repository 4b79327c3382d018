"""`evergreen report` against a bucket with a run's pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evergreen.cli import report
from evergreen.cli.deployment import Deployment
from evergreen.cli.main import app
from evergreen.layout import RunLayout
from evergreen.stores.runs import RunRecords
from tests.integration.stores.aws import BUCKET, Account, account

RUN = "next-purchase-00002-1a0f5a71"
LAYOUT = RunLayout("next_purchase", RUN)
DEPLOYED = Deployment(BUCKET, "registry", "predictions", "machine", ("next_purchase",))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(report.Deployment, "find", lambda: DEPLOYED)
    monkeypatch.chdir(tmp_path)
    with account() as empty:
        yield empty


def said(*arguments: str) -> list[str]:
    done = CliRunner().invoke(app, ["report", *arguments])
    if done.exception:
        raise done.exception
    return done.output.splitlines()


def record(aws: Account, status: str) -> None:
    RunRecords(aws.registry).create(RUN, status=status)


@pytest.fixture
def finished(aws: Account) -> Account:
    record(aws, "SUCCEEDED")
    aws.put(LAYOUT.model_report, "<p>the model</p>")
    aws.put(LAYOUT.report_page, "<p>the data</p>")
    return aws


def test_both_pages_are_brought_so_that_the_link_between_them_works(finished: Account, tmp_path: Path) -> None:
    page, uri = said(RUN)
    assert Path(page) == tmp_path / ".evergreen" / "reports" / RUN / "evaluation" / "report.html"
    assert uri == f"s3://{BUCKET}/{LAYOUT.model_report}"
    assert Path(page).read_text() == "<p>the model</p>"
    assert (Path(page).parent / "../prepared/report.html").read_text() == "<p>the data</p>"


def test_the_data_report_can_be_asked_for_and_the_folder_chosen(finished: Account, tmp_path: Path) -> None:
    page, uri = said(RUN, "--data", "--to", "here")
    assert Path(page) == tmp_path / "here" / RUN / "prepared" / "report.html"
    assert uri.endswith("/prepared/report.html")


@pytest.mark.parametrize("looking", [True, False])
def test_it_opens_only_where_a_person_is_looking(
    finished: Account, monkeypatch: pytest.MonkeyPatch, looking: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(report.webbrowser, "open", opened.append)
    monkeypatch.setattr(report.console, "_force_terminal", looking)
    page = said(RUN)[0]
    assert opened == ([Path(page).as_uri()] if looking else [])


def test_a_run_whose_data_was_rejected_offers_the_data_report(aws: Account) -> None:
    record(aws, "DATA_REJECTED")
    aws.put(LAYOUT.report_page, "<p>the data</p>")
    with pytest.raises(report.NoReport, match=rf"ended before the evaluation; .*evergreen report {RUN} --data"):
        said(RUN)
    assert said(RUN, "--data")[1].endswith("/prepared/report.html")


def test_a_run_that_failed_early_has_neither_and_says_where_to_look(aws: Account) -> None:
    record(aws, "FAILED")
    with pytest.raises(report.NoReport, match=rf"\(FAILED\) has no model report.*see: evergreen run {RUN}"):
        said(RUN)
    with pytest.raises(report.NoReport, match="no data report: it ended before its data was prepared"):
        said(RUN, "--data")


def test_a_run_that_is_still_running_is_to_be_waited_for(aws: Account) -> None:
    record(aws, "RUNNING")
    with pytest.raises(report.NoReport, match="still running; it has this report once the challenger is evaluated"):
        said(RUN)


@pytest.mark.parametrize("run_id", ["next-purchase-00009-ffffffff", "other-00001-ffffffff", "nonsense"])
def test_a_run_that_is_not_there_is_said_to_be_not_there(aws: Account, run_id: str) -> None:
    with pytest.raises(report.UserMustAct):
        said(run_id)
