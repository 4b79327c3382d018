"""What may reach a feature, and what `prepare` hands on."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from container.rows import matrix
from container.serve.decode import from_csv
from container.signature import AS_OF, Signature
from tests.integration.container.conftest import Stage, Trained, sample_lines


def parts(stage: Stage) -> dict[str, pa.Table]:
    prepared = stage.output / "prepared"
    return {path.stem: pq.read_table(path) for path in sorted(prepared.glob("*/*.parquet"))}


def test_nothing_after_a_cutoff_reaches_its_features(stage: Stage, trained: Trained) -> None:
    holdout = date.fromisoformat(parts(trained)["holdout"][AS_OF][0].as_py().isoformat())
    planted = []
    for line in sample_lines():
        day = re.search(rb",(\d{4}-\d{2}-\d{2}) ", line)
        if day and date.fromisoformat(day[1].decode()) >= holdout:
            fields = next(csv.reader([line.decode()]))
            fields[3], fields[5], fields[7] = "77777", "999.99", "Atlantis"
            planted.append((",".join([*fields[:2], "PLANTED", *fields[3:]]) + "\n").encode())
        else:
            planted.append(line)
    stage.prepare({"planted.csv": b"".join(planted)})
    honest, tempted = parts(trained), parts(stage)
    assert honest["train"].equals(tempted["train"])
    assert honest["validation"].equals(tempted["validation"])
    label = "days_to_next_purchase"
    assert honest["holdout"].drop_columns([label]).equals(tempted["holdout"].drop_columns([label]))
    scored = (stage.output / "prepared" / "scoring" / "part-00000.csv").read_text()
    assert "Atlantis" in scored  # the planted rows were there to be seen


def test_a_query_that_asks_for_the_latest_row_gets_the_latest_before_the_cutoff(stage: Stage) -> None:
    greedy = (
        "SELECT CustomerID, DATE_DIFF('day', CAST(MAX(InvoiceDate) AS DATE), CAST(getvariable('as_of') AS DATE)) "
        "AS days FROM history WHERE CustomerID IS NOT NULL GROUP BY 1"
    )
    stage.prepare({"sample.csv": b"".join(sample_lines())}, queries={"features.sql": greedy})
    for table in parts(stage).values():
        assert min(table["days"].to_pylist()) >= 1


def test_features_cannot_be_taken_from_the_followup(stage: Stage) -> None:
    stage.stage_prepare(
        {"sample.csv": b"".join(sample_lines())},
        queries={"features.sql": "SELECT CustomerID, COUNT(*) AS n FROM followup GROUP BY 1"},
    )
    done = stage.run("prepare", "--run", stage.layout.prefix)
    assert done.returncode == 1
    assert "followup does not exist" in (stage.base / "output" / "message").read_text()


def test_labels_have_their_full_window_and_never_reach_the_holdout(trained: Trained) -> None:
    tables = parts(trained)
    (holdout,) = set(tables["holdout"][AS_OF].to_pylist())
    for name in ("train", "validation"):
        assert max(tables[name][AS_OF].to_pylist()) + timedelta(days=90) <= holdout
    for table in tables.values():
        days = [value for value in table["days_to_next_purchase"].to_pylist() if value is not None]
        assert min(days) >= 0
        assert max(days) < 90
        assert len(days) < table.num_rows  # customers who stayed away are there


def test_a_customer_is_in_training_or_in_validation_at_every_cutoff(trained: Trained) -> None:
    tables = parts(trained)
    train, validation = (set(tables[name]["CustomerID"].to_pylist()) for name in ("train", "validation"))
    assert train
    assert validation
    assert not train & validation


def test_rows_to_score_are_plain_lines_in_the_signatures_order(trained: Trained) -> None:
    signature = Signature.from_json((trained.base / "model" / "signature.json").read_bytes())
    text = (trained.output / "prepared" / "scoring" / "part-00000.csv").read_text()
    rows = [line.split(",") for line in text.splitlines()]
    assert '"' not in text
    assert {len(row) for row in rows} == {1 + len(signature.features)}
    assert [int(row[0]) for row in rows] == sorted(int(row[0]) for row in rows)


def test_rows_are_the_same_numbers_in_training_and_in_serving(trained: Trained, tmp_path: Path) -> None:
    signature = Signature.from_json((trained.base / "model" / "signature.json").read_bytes())
    table = parts(trained)["holdout"]
    names = [feature.name for feature in signature.features]
    lines = [
        ",".join("" if value is None else str(value) for value in row.values())
        for row in table.select(names).to_pylist()
    ]
    np.testing.assert_array_equal(from_csv("\n".join(lines).encode(), signature), matrix(table, signature))
