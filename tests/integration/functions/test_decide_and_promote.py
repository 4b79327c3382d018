"""The functions between evaluation and scoring: decide, promote or keep."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from evergreen.errors import RunSuperseded
from evergreen.evaluation import Comparison, Evaluation, SliceComparison
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
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
    function("decide_promotion")(run)
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
    function("decide_promotion")(later)
    answer = function("keep_champion")(later)
    assert (answer["run_id"], answer["model_uri"]) == (run["run_id"], promotion(run)["model_uri"])
    assert answer["can_score"] is (unscorable is None)
    assert (unscorable or "scores today's rows") in answer["reason"]
