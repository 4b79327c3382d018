"""A running laptop cloud takes up a contract that comes or changes."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.deploy import deploy
from local.following import Following, SynthesisFailed, snapshot
from tests.integration.cloud.assemblies import write_assembly

STACK = "Followed"
CONTRACT = """\
id: {id}
task: regression
input: {{columns: {{speed: {{type: number}}, wear: {{type: number}}}}}}
target: {{column: wear}}
split: {{by: random}}
"""


@pytest.fixture
def datasets(tmp_path: Path, cloud: Cloud) -> Path:
    """A folder of data sets whose deployment, a function that answers with their names, is followed."""
    found = tmp_path / "datasets"
    found.mkdir()
    application = tmp_path / "app"

    def synthesize() -> Path:
        names = sorted(path.parent.name for path in found.glob("*/dataset.yaml"))
        if "unlucky" in names:
            raise SynthesisFailed("no luck")
        return write_assembly(application, STACK, "-".join(names) or "none")

    deploy(cloud, synthesize())
    Following(cloud, found, snapshot(found), synthesize=synthesize, poll_seconds=0.05).start()
    return found


@pytest.fixture
def answers(cloud: Cloud) -> Callable[[str], None]:
    def answers(word: str) -> None:
        """Waits until the deployed function answers with the word."""
        deadline = time.monotonic() + 20
        found = b""
        while time.monotonic() < deadline:
            stack = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
            outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
            answer = cloud.client("lambda").invoke(FunctionName=outputs["Function"], Payload=b"{}")
            found = answer["Payload"].read()
            if found == f'"{word}"'.encode():
                return
            time.sleep(0.1)
        pytest.fail(f"the function still answers {found!r}")

    return answers


def write(datasets: Path, name: str, text: str = CONTRACT) -> None:
    (datasets / name).mkdir(exist_ok=True)
    (datasets / name / "dataset.yaml").write_text(text.format(id=name))


def said(capsys: pytest.CaptureFixture[str], words: str) -> str:
    """What was printed up to the words."""
    deadline, printed = time.monotonic() + 20, ""
    while words not in printed:
        assert time.monotonic() < deadline, printed
        time.sleep(0.05)
        printed += capsys.readouterr().out
    return printed


def test_a_new_contract_is_deployed_and_a_removed_one_goes(
    datasets: Path, answers: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answers("none")
    write(datasets, "lines")
    said(capsys, "datasets/lines: deployed")
    answers("lines")
    (datasets / "lines" / "dataset.yaml").unlink()
    said(capsys, "datasets/lines: removed")
    answers("none")


def test_a_faulty_contract_is_told_and_what_was_deployed_stays_until_it_is_mended(
    datasets: Path, answers: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(datasets, "lines", CONTRACT.replace("regression", "regresion"))
    printed = said(capsys, "Allowed: ")
    assert "datasets/lines: not deployed; what was deployed stays:" in printed
    assert "dataset.yaml:2: task: 'regresion' is not allowed; did you mean 'regression'?" in printed
    answers("none")
    write(datasets, "lines")
    said(capsys, "datasets/lines: deployed")
    answers("lines")


def test_an_app_that_does_not_synthesize_is_told_and_the_next_change_is_taken_up(
    datasets: Path, answers: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(datasets, "unlucky")
    said(capsys, "no luck")
    (datasets / "unlucky" / "dataset.yaml").unlink()
    write(datasets, "lucky")
    said(capsys, "datasets/unlucky: removed")
    answers("lucky")
