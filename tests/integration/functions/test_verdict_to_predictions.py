"""The functions between evaluation and readers: decide, promote or keep, load, publish."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from evergreen.contract import Contract
from evergreen.errors import CountsDisagree, RunSuperseded, TrainingFailed
from evergreen.evaluation import Comparison, Evaluation, SliceComparison
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport, RunManifest
from evergreen.stores.predictions import Predictions
from evergreen.verdict import Outcome, Verdict
from tests.integration.functions.conftest import Handler
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET

Function = Callable[[str], Handler]
BETTER: dict[str, Any] = {
    "improvement": 7.0,
    "relative": 0.27,
    "low": 6.0,
    "high": 8.0,
    "confidence": 0.95,
    "resamples": 2000,
}


@pytest.fixture
def run(world: World) -> dict[str, str]:
    """A run whose inputs are pinned, as the workflow's states name it."""
    run_id, _ = world.run("incoming/next_purchase/a.csv")
    world.pinning.pin(DATASET, run_id, 1)
    return {"dataset": DATASET, "run_id": run_id}


def evaluate(world: World, run: dict[str, str], **changes: Any) -> None:
    said: dict[str, Any] = {
        "metric": "mae",
        "rows": 900,
        "judged_rows": 600,
        "task": "time_to_event",
        "challenger": {"mae": 18.9, "roc_auc": 0.71},
        "baseline": {"mae": 26.0, "roc_auc": 0.5},
        "against_baseline": Comparison(against="baseline", **BETTER),
    }
    world.files.write(RunLayout(**run).evaluation_file, Evaluation(**(said | changes)))
    world.runs.note(run["run_id"], verdict={"outcome": "FIRST", "promote": True, "reasons": ["better"]})


def report(world: World, run: dict[str, str], scoring_rows: int) -> None:
    found = DataReport(
        usable=True, files=(), rejections=(), rows=9, scoring_rows=scoring_rows, scoring_cutoff="2011-12-09"
    )
    world.files.write(RunLayout(**run).report, found)


def test_the_verdict_is_handed_on_written_down_and_noted(world: World, function: Function, run: dict[str, str]) -> None:
    evaluate(world, run)
    answer = function("decide_promotion")(run)
    assert (answer["outcome"], answer["promote"]) == (Outcome.FIRST, True)
    assert answer["reason"] == " ".join(answer["reasons"])
    assert world.files.read(RunLayout(**run).verdict, Verdict).outcome == Outcome.FIRST
    record = world.runs.get(run["run_id"])
    assert record
    assert record["verdict"]["outcome"] == "FIRST"
    assert record["evaluation"]["challenger"] == {"mae": 18.9, "roc_auc": 0.71}


def test_a_metric_that_is_no_number_is_a_verdict_and_not_a_crash(
    world: World, function: Function, run: dict[str, str]
) -> None:
    evaluate(world, run, challenger={"mae": 18.9, "roc_auc": math.nan})
    answer = function("decide_promotion")(run)
    assert (answer["outcome"], answer["promote"]) == (Outcome.KEEP, False)
    assert "roc_auc is nan" in answer["reason"]
    record = world.runs.get(run["run_id"])
    assert record
    assert record["evaluation"]["challenger"] == {"mae": 18.9}


def test_thousands_of_slices_fit_into_what_the_workflow_and_the_record_hold(
    world: World, function: Function, run: dict[str, str]
) -> None:
    worse = Comparison(
        against="champion", **BETTER | {"improvement": -7.0, "relative": -0.3, "low": -8.0, "high": -6.0}
    )
    slices = [
        SliceComparison(column=f"{n % 40}", value="v" * 100, rows=90, challenger=25.5, champion=18.5, comparison=worse)
        for n in range(2_000)
    ]
    better = Comparison(against="champion", **BETTER)
    evaluate(world, run, champion={"mae": 20.1}, against_champion=better, slices=slices)
    answer = function("decide_promotion")(run)
    assert (answer["outcome"], answer["promote"]) == (Outcome.KEEP, False)
    assert "And 1,994 more slices are so." in answer["reasons"]
    assert len(json.dumps(answer)) < 10_000
    assert len(json.dumps(world.runs.get(run["run_id"]))) < 20_000
    assert len(world.files.read(RunLayout(**run).evaluation_file, Evaluation).slices) == 2_000, "they are kept here"


def promotion(run: dict[str, str]) -> dict[str, Any]:
    uri = f"s3://{BUCKET}/{RunLayout(**run).models}/x/output/model.tar.gz"
    return {**run, "fence": 1, "model_uri": uri, "reasons": ["better"]}


def test_a_promoted_challenger_is_the_champion_with_its_metrics(
    world: World, function: Function, run: dict[str, str]
) -> None:
    evaluate(world, run)
    answer = function("promote_challenger")(promotion(run))
    assert answer == {"run_id": run["run_id"], "model_uri": promotion(run)["model_uri"], "can_score": True}
    champion = world.registry.champion(DATASET)
    assert champion
    assert champion["metrics"] == {"mae": 18.9, "roc_auc": 0.71}
    assert f"s3://{BUCKET}/{champion['model_key']}" == champion["model_uri"]


def test_a_later_run_is_told_the_digest_of_the_archive_that_was_judged(
    world: World, function: Function, run: dict[str, str]
) -> None:
    evaluate(world, run, challenger_sha256="5a" * 32)
    function("promote_challenger")(promotion(run))
    world.leases.release(DATASET, run["run_id"])
    later, _ = world.run("incoming/next_purchase/b.csv")
    world.pinning.pin(DATASET, later, 2)
    champion = world.files.read(RunLayout(DATASET, later).manifest, RunManifest).champion
    assert champion
    assert champion.model_sha256 == "5a" * 32


def test_a_run_without_its_lease_promotes_nothing(world: World, function: Function, run: dict[str, str]) -> None:
    evaluate(world, run)
    world.leases.release(DATASET, run["run_id"])
    with pytest.raises(RunSuperseded, match=run["run_id"]):
        function("promote_challenger")(promotion(run))
    assert world.registry.champion(DATASET) is None


def test_where_there_is_no_champion_nothing_can_be_scored(
    world: World, function: Function, run: dict[str, str]
) -> None:
    evaluate(world, run)
    answer = function("keep_champion")(run)
    assert not answer["can_score"]
    assert "no champion yet" in answer["reason"]


@pytest.mark.parametrize("unscorable", [None, "feature 'recency' is gone"])
def test_a_kept_champion_is_named_and_scores_if_it_can(
    world: World, function: Function, run: dict[str, str], unscorable: str | None
) -> None:
    evaluate(world, run)
    function("promote_challenger")(promotion(run))
    world.leases.release(DATASET, run["run_id"])
    later_id, _ = world.run("incoming/next_purchase/b.csv")
    world.pinning.pin(DATASET, later_id, 2)
    later = {"dataset": DATASET, "run_id": later_id}
    evaluate(world, later, champion_unscorable=unscorable)
    answer = function("keep_champion")(later)
    assert (answer["run_id"], answer["model_uri"]) == (run["run_id"], promotion(run)["model_uri"])
    assert answer["can_score"] is (unscorable is None)
    assert (unscorable or "scores today's rows") in answer["reason"]


def scored(world: World, run: dict[str, str], **parts: str) -> None:
    for name, lines in parts.items():
        world.aws.put(f"{RunLayout(**run).predictions}/{name}", lines)


def test_every_scored_line_is_loaded_under_the_runs_generation(
    world: World, function: Function, run: dict[str, str]
) -> None:
    scored(world, run, **{"part-0.csv.out": "1,20.1,0.7\n2,3,0.2\n", "part-1.csv.out": "3,9,0.5\n", "job.json": "{}"})
    answer = function("load_predictions")({**run, "champion_run_id": "next-purchase-00001-aaaaaaaa"})
    assert answer == {"written": 3, "parts": 2, "sample": "1"}
    found = Predictions(world.aws.predictions).get(DATASET, "1", run["run_id"])
    assert found
    assert (found["prediction"], found["probability"]) == (20.1, 0.7)
    assert found["model"] == "next-purchase-00001-aaaaaaaa"


def test_a_label_is_loaded_as_the_text_that_it_is(world: World, function: Function, run: dict[str, str]) -> None:
    document = {
        "id": DATASET,
        "task": "binary",
        "input": {"columns": {"failed": {"type": "integer"}}},
        "target": {"column": "failed", "positive": "1"},
        "split": {"by": "random"},
    }
    world.files.write(RunLayout(**run).contract_file("dataset.json"), Contract.model_validate(document))
    scored(world, run, **{"part-0.csv.out": "7,1,0.8125\n"})
    function("load_predictions")({**run, "champion_run_id": run["run_id"]})
    found = Predictions(world.aws.predictions).get(DATASET, "7", run["run_id"])
    assert found
    assert (found["prediction"], found["probability"]) == ("1", 0.8125)


def test_a_broken_line_is_told_by_part_and_line(world: World, function: Function, run: dict[str, str]) -> None:
    scored(world, run, **{"part-0.csv.out": "1,20.1,0.7\n2,oops,0.2\n"})
    with pytest.raises(TrainingFailed, match=r"part-0\.csv\.out, line 2"):
        function("load_predictions")({**run, "champion_run_id": run["run_id"]})


def test_readers_see_the_generation_when_every_row_that_went_in_came_out(
    world: World, function: Function, run: dict[str, str]
) -> None:
    report(world, run, scoring_rows=3)
    function("publish_predictions")({**run, "fence": 1, "champion_run_id": run["run_id"], "written": 3, "sample": "1"})
    published = world.registry.published(DATASET)
    assert published
    assert (published["generation"], published["rows"], published["as_of"]) == (run["run_id"], 3, "2011-12-09")
    record = world.runs.get(run["run_id"])
    assert record
    assert record["published"]["generation"] == run["run_id"]


@pytest.mark.parametrize("written", [2, 4, 0])
def test_readers_keep_what_they_have_when_the_counts_disagree(
    world: World, function: Function, run: dict[str, str], written: int
) -> None:
    report(world, run, scoring_rows=3)
    with pytest.raises(CountsDisagree, match=f"3 rows to score, {written} items written: nothing published"):
        function("publish_predictions")(
            {**run, "fence": 1, "champion_run_id": run["run_id"], "written": written, "sample": "1"}
        )
    assert world.registry.published(DATASET) is None


def test_publishing_twice_is_the_same_as_once(world: World, function: Function, run: dict[str, str]) -> None:
    report(world, run, scoring_rows=3)
    publish = function("publish_predictions")
    event = {**run, "fence": 1, "champion_run_id": run["run_id"], "written": 3, "sample": "1"}
    assert publish(event) == publish(event)
