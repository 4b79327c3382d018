"""SageMaker's model registry and a judged run, for the tests of who follows."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3

from evergreen.evaluation import Comparison, Evaluation
from evergreen.layout import RunLayout
from evergreen.manifest import DataReport
from evergreen.stores.outbox import Follower, Outstanding, item
from evergreen.stores.registry import Change
from evergreen.verdict import Outcome, Verdict
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET

Function = Callable[[str], Callable[[dict[str, Any]], Any]]
GROUP = "Evergreen-next-purchase"
BETTER: dict[str, Any] = {
    "improvement": 7.0,
    "relative": 0.27,
    "low": 6.0,
    "high": 8.0,
    "confidence": 0.95,
    "resamples": 2000,
}


def judged_run(world: World, outcome: Outcome = Outcome.PROMOTE) -> dict[str, str]:
    """A run that came as far as its verdict, as the workflow's states name it."""
    fence = world.leases.last_fence(DATASET)
    run_id, _ = world.run(f"incoming/next_purchase/{fence}.csv")
    world.pinning.pin(DATASET, run_id, fence + 1)
    layout = RunLayout(DATASET, run_id)
    evaluation = Evaluation(
        task="time_to_event",
        metric="mae",
        rows=900,
        judged_rows=600,
        challenger={"mae": 18.9, "roc_auc": 0.71},
        baseline={"mae": 26.0, "roc_auc": 0.5},
        against_baseline=Comparison(against="baseline", **BETTER),
    )
    promote = outcome in (Outcome.FIRST, Outcome.PROMOTE)
    verdict = Verdict(outcome=outcome, promote=promote, reasons=("mae 18.9 against 26.0.", "That is enough."))
    data = DataReport(usable=True, files=(), rejections=(), rows=9, train_rows=6, features_hash="ab" * 32)
    documents = {layout.evaluation_file: evaluation, layout.verdict: verdict, layout.report: data}
    for key, document in documents.items():
        world.files.write(key, document)
    world.files.write(layout.model_report, b"<h1>Model report</h1>")
    world.files.write(layout.plots + "roc.svg", b"<svg/>")
    return {"dataset": DATASET, "run_id": run_id, "model_uri": f"s3://{BUCKET}/{layout.models}/j/output/model.tar.gz"}


def promote(world: World, run: dict[str, str]) -> None:
    """Make the run's model champion, with what those who follow have to be told."""
    before = world.registry.champion(DATASET)
    fence = int(run["run_id"].split("-")[-2])
    now = datetime.now(UTC)
    change = Change(DATASET, run["run_id"], fence, before["run_id"] if before else None, now)
    champion = {"model_uri": run["model_uri"], "model_key": world.files.key(run["model_uri"])}
    world.registry.promote(change, champion, ("better",))
    to_follow(world, run, now)


def crown(world: World, run: dict[str, str]) -> None:
    """Bring an earlier champion back, as a rollback does."""
    now = datetime.now(UTC)
    times = {"promoted_at": now.isoformat(), "rolled_back_at": now.isoformat()}
    champion = {"run_id": run["run_id"], "model_key": world.files.key(run["model_uri"]), **times}
    said = {"pk": f"DATASET#{DATASET}", "sk": "CHAMPION", **champion, "why": ["wrong prices"], "by": "somebody"}
    world.aws.registry.put_item(Item=said)
    to_follow(world, run, now)


def to_follow(world: World, run: dict[str, str], now: datetime) -> None:
    for follower in Follower:
        wanted = Outstanding(follower=follower, what="CHAMPION", run_id=run["run_id"], at=now.isoformat())
        world.aws.registry.put_item(Item=item(DATASET, wanted))


def end(world: World, run: dict[str, str]) -> None:
    """As CompleteRun and Dispatch do."""
    world.runs.note(run["run_id"], status="SUCCEEDED")
    world.leases.release(DATASET, run["run_id"])


def packages() -> dict[str, dict[str, Any]]:
    """Every package of the group in full, by the run that it came of."""
    client = boto3.client("sagemaker")
    listed = client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    found = [dict(client.describe_model_package(ModelPackageName=each["ModelPackageArn"])) for each in listed]
    return {each["CustomerMetadataProperties"]["run_id"]: each for each in found}


def standing() -> dict[str, str]:
    return {run_id: each["ModelApprovalStatus"] for run_id, each in packages().items()}


def runs_in(mlflow: Any) -> dict[str, Any]:
    experiment = mlflow.get_experiment_by_name(DATASET)
    found = mlflow.search_runs([experiment.experiment_id]) if experiment else []
    assert len({each.info.run_name for each in found}) == len(found), "a run is recorded once"
    return {each.data.tags["evergreen.run_id"]: each for each in found}


def champion_in(mlflow: Any) -> str:
    return str(mlflow.get_model_version_by_alias(DATASET, "champion").tags["evergreen.run_id"])


def whole_run(world: World, function: Function, outcome: Outcome = Outcome.PROMOTE) -> tuple[dict[str, str], list[str]]:
    """From the verdict to the end: registered, promoted if it won, tracked; and what was left behind."""
    run = judged_run(world, outcome)
    function("register_challenger")(run)
    if outcome is Outcome.PROMOTE:
        promote(world, run)
    behind = function("track_run")(run)["behind"]
    end(world, run)
    return run, behind


def fail(function: Function, run: dict[str, str]) -> None:
    error = {"Error": "Oops", "Cause": "broken"}
    function("fail_run")({"dataset": DATASET, "run_id": run["run_id"], "error": error})
