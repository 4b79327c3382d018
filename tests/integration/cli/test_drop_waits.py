"""`evergreen drop` for a data set whose contract has just been written."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evergreen.cli import drop
from evergreen.cli.deployment import Deployment
from evergreen.contract_file import ContractInvalid
from evergreen.errors import UnknownDataset, UserMustAct

CONTRACT = """\
id: lines
task: regression
input: {columns: {speed: {type: number}, wear: {type: number}}}
target: {column: wear}
split: {by: random}
"""
DEPLOYED = Deployment("bucket", "registry", "predictions", "machine", ("next_purchase",))


@dataclass
class Deployments:
    """A deployment that knows `lines` from the n-th time on that it is asked."""

    ready_after: int
    asked: int = 0

    def find(self) -> Deployment:
        self.asked += 1
        known = ("lines", "next_purchase") if self.asked > self.ready_after else ("next_purchase",)
        return replace(DEPLOYED, datasets=known)


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cdk.json").write_text("{}")
    (tmp_path / "local").mkdir()
    (tmp_path / "datasets" / "lines").mkdir(parents=True)
    path = tmp_path / "datasets" / "lines" / "dataset.yaml"
    path.write_text(CONTRACT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drop, "_POLL_SECONDS", 0.01)
    return path


def deployed_after(monkeypatch: pytest.MonkeyPatch, times: int) -> Deployments:
    deployments = Deployments(times)
    monkeypatch.setattr(drop.Deployment, "find", deployments.find)
    return deployments


def test_it_waits_until_the_deployment_knows_the_contract(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployments = deployed_after(monkeypatch, 3)
    assert "lines" in drop.deployment_with("lines").datasets
    assert deployments.asked == 4


def test_it_gives_up_with_what_to_do(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed_after(monkeypatch, 10**6)
    with pytest.raises(UserMustAct, match=r"is not deployed after 0 s: .* run `make deploy`"):
        drop.deployment_with("lines", timeout=0.05)


def test_it_does_not_wait_for_a_contract_with_faults(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed_after(monkeypatch, 10**6)
    contract.write_text(CONTRACT.replace("regression", "regresion"))
    with pytest.raises(ContractInvalid, match="did you mean 'regression'"):
        drop.deployment_with("lines")


def test_it_does_not_wait_for_what_is_nowhere(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed_after(monkeypatch, 10**6)
    with pytest.raises(UnknownDataset, match="no data set 'linse'"):
        drop.deployment_with("linse")
