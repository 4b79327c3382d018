"""A CSV that nobody has seen before: `evergreen init`, one drop, predictions. In a checkout of its own, in order."""

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_diabetes, load_wine

from cdk_app.synth import synthesize
from evergreen.cli.deployment import Deployment
from evergreen.cli.laptop import laptop_cloud
from evergreen.generations import ScoringParts
from evergreen.layout import ObservedLayout, RunLayout
from evergreen.yield_series import YieldSeries
from tests.e2e.checkout import Checkout

ROWS_PER_PART = 500
TUNED = """training:
  algorithm: linear
  tune: {max_jobs: 3, ranges: {lambda: {min: 0.0001, max: 1, scale: log}}}
"""
LOGGED = "yield: {good_when: prediction = outcome, threshold: 0.5, log_scores: true}\n"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = Checkout.at(tmp_path_factory.mktemp("checkout"))
    made.write("disease.csv", *_diabetes(), delimiter=";")
    made.write("returns.csv", *_returns())
    made.write("wine.csv", *_wine())
    outputs = made.root / "container" / "prepare" / "outputs.py"  # so that few rows are scored in several parts
    outputs.write_text(outputs.read_text().replace("ROWS_PER_PART = 50_000", f"ROWS_PER_PART = {ROWS_PER_PART}"))
    return made


@pytest.fixture(scope="module")
def cloud(checkout: Checkout) -> Iterator[Checkout]:
    """The laptop cloud with the data sets that `init` has written."""
    before = dict(os.environ)
    synthesize(checkout.root)
    with laptop_cloud(checkout.root, checkout.root / "state", checkout.root / "cloud.log"):
        yield checkout
    os.environ.clear()
    os.environ.update(before)


def test_init_writes_a_contract_that_passes_its_own_check(checkout: Checkout) -> None:
    said = checkout.evergreen("init", "disease.csv", "--target", "Fortschritt [Punkte]")
    assert "regression" in said
    said = checkout.evergreen("init", "returns.csv", "--target", "returned", "--entity", "order id")
    assert "binary" in said
    assert "refund" in said, "a column that alone predicts the target must be warned of"
    said = checkout.evergreen("init", "wine.csv", "--target", "Sorte", "--id", "grapes")
    assert "multiclass" in said
    assert "lower `gate: {min_rows: …}`" in said, "178 rows leave fewer to judge by than the gate asks for"
    contract = checkout.root / "datasets" / "grapes" / "dataset.yaml"
    contract.write_text(contract.read_text().replace("gate:\n", f"{TUNED}gate:\n  min_rows: 30\n"))
    returns = checkout.root / "datasets" / "returns" / "dataset.yaml"
    proposed = returns.read_text()
    returns.write_text(proposed + LOGGED)
    checkout.evergreen("contract", "check")
    assert "feature: false" in next(line for line in proposed.splitlines() if "refund" in line)


def test_a_regression_without_an_entity_predicts_every_row_by_its_number(cloud: Checkout) -> None:
    said = cloud.evergreen("drop", "disease", "disease.csv", "--watch")
    assert "first champion" in said
    rows = _diabetes()[1]
    assert f"Published {len(rows):,} predictions" in said
    item = json.loads(cloud.evergreen("predictions", "disease", "442", "-o", "json"))
    assert 20 < item["prediction"] < 350
    assert item["lower"] < item["prediction"] < item["upper"]


def test_a_binary_target_is_predicted_by_entity_with_its_label_and_probability(cloud: Checkout) -> None:
    said = cloud.evergreen("drop", "returns", "returns.csv", "--watch")
    assert "first champion" in said
    item = json.loads(cloud.evergreen("predictions", "returns", "Ö-7", "-o", "json"))
    assert item["prediction"] in ("yes", "no")
    assert 0 <= item["probability"] <= 1


def test_every_entity_of_several_parts_is_there_as_it_was_written(cloud: Checkout) -> None:
    entities = [str(row[0]) for row in _returns()[1]]
    exported = cloud.evergreen("predictions", "returns", "--all", "-o", "json").splitlines()
    assert [json.loads(line)["entity"] for line in exported if line.startswith("{")] == sorted(entities)
    published = Deployment.find().registry.published("returns")
    assert published
    layout = RunLayout("returns", str(published["generation"]))
    parts = Deployment.find().files.read(layout.scoring_parts, ScoringParts).root
    assert [each.rows for each in parts] == [500, 500, 200]
    for entity in entities[:8]:
        item = json.loads(cloud.evergreen("predictions", "returns", entity, "-o", "json"))
        assert item["entity"] == entity


def test_what_a_run_scored_is_logged_and_measured_and_asks_for_no_run(cloud: Checkout, tmp_path: Path) -> None:
    deployment = Deployment.find()
    series = observed_series(deployment, ObservedLayout("returns").series, items=1200)
    (bucket,) = series.buckets
    (run,) = deployment.runs.of("returns")
    assert (bucket.items, bucket.judged, bucket.model) == (1200, 0, run["run_id"])
    s3 = boto3.client("s3")
    assert not s3.list_objects_v2(Bucket=deployment.bucket, Prefix="quarantine/returns/inference/")["KeyCount"]
    logged = {}
    for each in s3.list_objects_v2(Bucket=deployment.bucket, Prefix=ObservedLayout("returns").items)["Contents"]:
        s3.download_file(deployment.bucket, each["Key"], str(tmp_path / "items.parquet"))
        logged |= {row["item_id"]: row for row in pq.read_table(tmp_path / "items.parquet").to_pylist()}
    header, rows = _returns()
    for row in rows:
        dropped = dict(zip(header, row, strict=True))
        found = logged[str(dropped["order id"])]
        assert found["size (EU)"] == (dropped["size (EU)"] or None)
        assert float(found["price"]) == dropped["price"]
    told = json.loads(cloud.evergreen("predictions", "returns", "Ö-7", "-o", "json"))
    sure = told["probability"] if told["prediction"] == "yes" else 1 - told["probability"]
    assert (logged["Ö-7"]["prediction"], logged["Ö-7"]["confidence"]) == (told["prediction"], pytest.approx(sure))


def observed_series(deployment: Deployment, key: str, items: int, seconds: float = 30) -> YieldSeries:
    """What MeasureYield made of the first logs, one of each part, once it has all their items."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if boto3.client("s3").list_objects_v2(Bucket=deployment.bucket, Prefix=key)["KeyCount"]:
            series = deployment.files.read(key, YieldSeries)
            if sum(each.items for each in series.buckets) >= items:
                return series
        time.sleep(0.2)
    pytest.fail("nothing was measured")


def test_a_multiclass_target_is_predicted_by_label(cloud: Checkout) -> None:
    said = cloud.evergreen("drop", "grapes", "wine.csv", "--watch")
    assert "first champion" in said
    items = [json.loads(cloud.evergreen("predictions", "grapes", row, "-o", "json")) for row in ("1", "178")]
    assert [item["prediction"] for item in items] == ["Barolo", "Barbera"]


def test_a_tuned_run_shows_what_was_tried_and_the_best_of_it_is_the_champion(cloud: Checkout) -> None:
    runs = json.loads(cloud.evergreen("runs", "grapes", "-o", "json"))
    run_id = runs[-1]["run_id"]
    tuning = json.loads(cloud.evergreen("run", run_id, "-o", "json"))["tuning"]
    assert len(tuning["trials"]) == 3
    best = min(tuning["trials"], key=lambda trial: trial["value"])
    assert tuning["objective"] == "validation:logloss"
    assert tuning["best"] == best["training_job"]
    assert len({trial["hyperparameters"]["lambda"] for trial in tuning["trials"]}) == 3
    assert "Trials of" in cloud.evergreen("run", run_id)
    champion = Deployment.find().registry.champion("grapes")
    assert champion
    assert f"/{tuning['best']}/output/model.tar.gz" in champion["model_uri"]


def test_a_new_snapshot_replaces_the_old_one_and_its_bad_rows_are_told_by_line(cloud: Checkout) -> None:
    header, rows = _wine()
    rows[4][1] = "much"
    cloud.write("wine.csv", header, rows[:170])
    said = cloud.evergreen("drop", "grapes", "wine.csv", "--watch")
    assert "line 6" in said
    assert "'much'" in said
    assert "Published 169 predictions" in said


def _diabetes() -> tuple[list[str], list[list[object]]]:
    """As a German spreadsheet would write it: semicolons, decimal commas, units in brackets."""
    data = load_diabetes()
    header = [f"Maß {name} [mg/dl]" for name in data.feature_names] + ["Fortschritt [Punkte]"]
    rows = zip(data.data, data.target, strict=True)
    return header, [[f"{value:.4f}".replace(".", ",") for value in (*row, target)] for row, target in rows]


def _returns() -> tuple[list[str], list[list[object]]]:
    """Categories, dates, holes, ids that need care; whether an order comes back, and a column known only afterwards."""
    draw = random.Random(17)
    header = ["order id", "size (EU)", "express?", "ordered at", "price", "refund", "returned"]
    rows: list[list[object]] = []
    for number in range(1200):
        size, price = draw.choice(["S", "M", "L", "XL"]), round(draw.lognormvariate(3, 1), 2)
        returned = draw.random() < (0.6 if size == "XL" else 0.1) + (0.2 if price > 40 else 0)
        ordered = f"{draw.randint(13, 28)}.{draw.randint(1, 12):02d}.2025"
        kept = [size if draw.random() > 0.05 else "", draw.choice(["yes", "no"]), ordered]
        entity = (f"{number:05d}", f'{number}, "Müller"', f"注文 {number}", f"Ö-{number}")[number % 4]
        rows.append([entity, *kept, price, price if returned else 0, "yes" if returned else "no"])
    return header, rows


def _wine() -> tuple[list[str], list[list[object]]]:
    data = load_wine()
    sorts = ("Barolo", "Grignolino", "Barbera")
    rows = [[*row.tolist(), sorts[target]] for row, target in zip(data.data, data.target, strict=True)]
    return [*data.feature_names, "Sorte"], rows
