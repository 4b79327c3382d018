"""The production line's data set, from its file to rows."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from container.signature import Signature
from tests.integration.container.conftest import REPOSITORY, Stage

FILE = REPOSITORY / "datasets" / "line_yield" / "ai4i2020.csv.gz"


def test_every_item_is_learned_from_or_judged_by_and_scored(tmp_path: Path) -> None:
    stage = Stage(tmp_path, dataset="line_yield")
    report = stage.prepare({"items.csv.gz": FILE})
    prepared = stage.output / "prepared"
    assert report.usable
    assert report.train_rows + report.validation_rows + report.holdout_rows == report.scoring_rows == report.rows
    assert (report.rows, report.files[0].rejected, report.rejected_by_rule) == (10_000, 0, {})
    summary = json.loads((prepared / "summary.json").read_bytes())
    assert summary["reason"] == (
        f"10,000 rows: {10_000 - report.holdout_rows:,} to learn from, {report.holdout_rows:,} to judge by, "
        "10,000 to score; 339 of 10,000 are positive ('1')."
    )
    signature = Signature.from_json((prepared / "holdout" / "signature.json").read_bytes())
    assert [feature.name for feature in signature.features] == [
        "Type",
        "Air temperature [K]",
        "Process temperature [K]",
        "Rotational speed [rpm]",
        "Torque [Nm]",
        "Tool wear [min]",
    ]
    assert (signature.classes, signature.split) == (("0", "1"), "random 0.2 by entity")
    assert not {"TWF", "HDF", "PWF", "OSF", "RNF"} & {*pq.read_schema(prepared / "train" / "train.parquet").names}
    assert not list((stage.output / "quarantine").iterdir())


def test_the_same_items_dropped_again_change_no_row(tmp_path: Path) -> None:
    first, again = Stage(tmp_path / "first", dataset="line_yield"), Stage(tmp_path / "again", dataset="line_yield")
    first.prepare({"items.csv.gz": FILE})
    report = again.prepare({"other.csv.gz": FILE}, history=[first.output / "accepted" / "a0.parquet"], champion=True)
    assert report.files[0].duplicates == 10_000
    for name in ("train/train.parquet", "train/validation.parquet", "holdout/holdout.parquet"):
        assert pq.read_table(first.output / "prepared" / name).equals(pq.read_table(again.output / "prepared" / name))
