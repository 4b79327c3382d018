"""The template as it is deployed and the workflow as it is written; synthesized once."""

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_app.synth import synthesize
from evergreen.contract_file import read_datasets
from evergreen.contracts import Contracts
from tests.infrastructure.template import Template
from tests.infrastructure.workflow import Workflow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def template_file() -> Path:
    (found,) = synthesize().glob("*.template.json")
    return found


@pytest.fixture(scope="session")
def template(template_file: Path) -> Template:
    return Template(json.loads(template_file.read_text()))


def read_workflow(name: str) -> Workflow:
    """`statemachines/<name>.asl.json`."""
    return Workflow(json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text()))


@pytest.fixture(scope="session")
def workflow() -> Workflow:
    return read_workflow("retrain")


@pytest.fixture(scope="session")
def many() -> Workflow:
    return read_workflow("retrain_many")


@pytest.fixture(scope="session", params=sorted(path.name for path in (ROOT / "statemachines").glob("*.asl.json")))
def each_workflow(request: pytest.FixtureRequest) -> Workflow:
    """Every workflow there is, one after the other."""
    return read_workflow(request.param.removesuffix(".asl.json"))


@pytest.fixture(scope="session")
def substitutions(template: Template) -> dict[str, Any]:
    _, machine = template.named("AWS::StepFunctions::StateMachine", "RetrainMachine")
    found: dict[str, Any] = machine["DefinitionSubstitutions"]
    return found


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return read_datasets(ROOT / "datasets")
