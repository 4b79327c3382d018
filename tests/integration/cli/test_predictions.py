"""`evergreen predictions`: one entity's, a segment's, or all of them, and what it says when it cannot."""

import csv
import io
import json
import subprocess
import sys
from typing import Any

import pyarrow.parquet as pq
import pytest

from evergreen.cli import exports
from evergreen.contract import Contract
from evergreen.evaluation import Evaluation
from evergreen.generations import ScoringPart, ScoringParts
from evergreen.layout import RunLayout
from tests.integration.cli.conftest import DATASET, Desk
from tests.integration.functions.world import ROOT

SEGMENTS = {"at_risk": {"probability": {"below": 0.3}}, "rest": {}}
PARTS = {"part-00000.csv": ["1,20.1,0.7", "2,3,0.2"], "part-00001.csv": ['"Smith, J",9,0.1', "Ö-7,9,0.5"]}


@pytest.fixture
def generation(desk: Desk) -> str:
    """A published generation with its scored parts."""
    run_id = desk.champion()
    layout = RunLayout(DATASET, run_id)
    said = desk.world.contracts[DATASET].contract.model_dump(by_alias=True, exclude_none=True)
    contract = Contract.model_validate({**said, "segments": SEGMENTS})
    files = desk.deployment.files
    files.write(layout.contract_file("dataset.json"), contract)
    files.write(layout.scoring_parts, ScoringParts(tuple(ScoringPart(part=p, rows=2) for p in PARTS)))
    for part, lines in PARTS.items():
        desk.aws.put(layout.predictions_part(part), "\n".join(lines) + "\n")
    return run_id


def test_a_segment_is_listed_up_to_the_limit(desk: Desk, generation: str) -> None:
    told = json.loads(desk.said("predictions", DATASET, "--segment", "at_risk", "-o", "json"))
    assert [(each["entity"], each["segment"]) for each in told] == [("2", "at_risk"), ("Smith, J", "at_risk")]
    few = desk.said("predictions", DATASET, "--segment", "at_risk", "--limit", "1")
    assert "Smith" not in few
    assert "1 of the 2 in at_risk." in few


def test_a_segment_that_there_is_none_of_is_refused_with_those_there_are(desk: Desk, generation: str) -> None:
    assert "no segment 'lost'; it has at_risk, rest" in desk.refused("predictions", DATASET, "--segment", "lost")


def test_all_are_exported_as_csv_in_order(desk: Desk, generation: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = desk.evergreen("predictions", DATASET, "--all", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["entity"] for row in rows] == ["1", "2", "Smith, J", "Ö-7"]
    assert rows[1] == {
        "entity": "2",
        "prediction": "3.0",
        "lower": "",
        "upper": "",
        "probability": "0.2",
        "segment": "at_risk",
        "generation": generation,
        "model": generation,
        "scored_at": rows[1]["scored_at"],
        "as_of": "",
    }


def test_a_number_is_exported_with_the_interval_of_the_model_that_made_it(desk: Desk, generation: str) -> None:
    interval = {"level": 0.8, "low": (-2,), "high": (4,), "least": 0, "rows": 40, "coverage": 0.81, "judged_rows": 50}
    evaluation = {"task": "time_to_event", "metric": "mae", "rows": 50, "judged_rows": 50, "baseline": {}}
    found = Evaluation.model_validate({**evaluation, "challenger": {}, "prediction_interval": {**interval, "width": 6}})
    desk.deployment.files.write(RunLayout(DATASET, generation).evaluation_file, found)
    told = json.loads(desk.said("predictions", DATASET, "--segment", "at_risk", "-o", "json"))
    assert [(each["lower"], each["prediction"], each["upper"]) for each in told] == [(1, 3, 7), (7, 9, 13)]


def test_json_lines_become_one_parquet_file(tmp_path: Any) -> None:
    rows = [
        {"entity": str(n), "prediction": n / 4, "segment": "soon", "generation": "g", "model": "m", "scored_at": "s"}
        for n in range(120)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run(
        [sys.executable, "-m", "container.export"], input=lines.encode(), capture_output=True, check=True, cwd=ROOT
    )
    table = pq.read_table(io.BytesIO(done.stdout))
    assert table.column("prediction").to_pylist() == [n / 4 for n in range(120)]
    assert table.schema.names == list(exports.COLUMNS)
    assert table.column("probability").null_count == 120


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say whose predictions: an entity, --segment NAME, or --all"),
        (("1", "--all"), "say whose predictions"),
        (("--all", "--explain"), "--explain is for one entity"),
        (("nobody",), "no prediction for 'nobody' among the 3 of"),
        (("1", "-o", "csv"), "for one entity take -o json"),
        (("1", "--explain"), "no function that explains predictions"),
    ],
)
def test_what_cannot_be_answered_is_told_with_the_remedy(
    desk: Desk, generation: str, arguments: tuple[str, ...], words: str
) -> None:
    assert words in desk.refused("predictions", DATASET, *arguments)
