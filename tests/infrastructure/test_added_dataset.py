"""Adding a folder under `datasets/` is all that a new data set needs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cdk_app.synth import synthesize
from tests.infrastructure.conftest import ROOT
from tests.infrastructure.template import Template, text

PARTS = ("cdk_app", "functions", "evergreen", "container", "statemachines", "events", "cdk.json")
CONTRACT = """\
id: machine_failure
task: binary
input: {columns: {speed: {type: number}, failed: {type: integer}}}
target: {column: failed, positive: "1"}
split: {by: random}
yield: {good_when: prediction = outcome, threshold: 0.6, silence_after: 1d}
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app of this checkout with one more folder under `datasets/`, synthesized."""
    root = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)
    shutil.copytree(ROOT / "datasets", root / "datasets", ignore=shutil.ignore_patterns("*.gz"))
    (root / "datasets" / "machine_failure").mkdir()
    (root / "datasets" / "machine_failure" / "dataset.yaml").write_text(CONTRACT)
    return synthesize(root)


@pytest.fixture(scope="module")
def document(assembly: Path) -> dict[str, Any]:
    (found,) = assembly.glob("*.template.json")
    read: dict[str, Any] = json.loads(found.read_text())
    return read


def test_the_stack_says_that_it_has_the_data_set(document: dict[str, Any]) -> None:
    assert "machine_failure" in document["Outputs"]["Datasets"]["Value"].split(",")


def test_its_yield_has_an_alarm_which_the_dashboard_shows(document: dict[str, Any]) -> None:
    alarms = Template(document).of("AWS::CloudWatch::Alarm")
    (name,) = (
        name for name, each in alarms.items() if each.get("AlarmName") == "Evergreen-machine_failure-observed-yield"
    )
    assert alarms[name]["Threshold"] == 0.6
    _, dashboard = Template(document).one("AWS::CloudWatch::Dashboard")
    assert name in json.dumps(dashboard)


def test_its_silence_tells_people_and_asks_for_no_run(document: dict[str, Any]) -> None:
    template = Template(document)
    (alarm,) = (
        each
        for each in template.of("AWS::CloudWatch::Alarm").values()
        if each.get("AlarmName") == "Evergreen-machine_failure-no-inferences"
    )
    topic, _ = template.one("AWS::SNS::Topic")
    assert [text(action) for action in alarm["AlarmActions"]] == [f"${{{topic}}}"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 24 * 3600
    assert (alarm["MetricName"], alarm["Statistic"], alarm["TreatMissingData"]) == (
        "SampleCount",
        "SampleCount",
        "breaching",
    )
    rules = json.dumps(template.of("AWS::Events::Rule"))
    assert "Evergreen-machine_failure-yield-drop" in rules
    assert "no-inferences" not in rules


def test_every_function_is_bundled_with_its_contract(assembly: Path) -> None:
    bundled = [json.loads(path.read_text()) for path in assembly.glob("asset.*/contracts.json")]
    assert len(bundled) >= len(list((ROOT / "functions").glob("*/handler.py")))
    assert all("machine_failure" in contracts for contracts in bundled)


def test_no_other_resource_differs_from_those_without_it(document: dict[str, Any], template: Template) -> None:
    added = {name: each["Type"] for name, each in document["Resources"].items() if name not in template.resources}
    assert set(added.values()) == {"AWS::CloudWatch::Alarm", "AWS::SageMaker::ModelPackageGroup"}
    assert len(added) == 4, "three alarms on its yield"
