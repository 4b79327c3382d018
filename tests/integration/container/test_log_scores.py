"""What a run has scored becomes inference logs, which are measured like anybody's."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from container.directories import Directories
from container.log_scores.scored_part import RowsDiffer, ScoredPart
from container.prepare import command as preparing
from container.prepare import outputs
from evergreen.contract import Contract
from evergreen.errors import StoreUnavailable, TrainingFailed
from evergreen.generations import ScoringParts
from evergreen.inference import batch_log, batch_logs
from evergreen.layout import RunLayout
from tests.integration.container.conftest import DATASET, Stage
from tests.integration.container.logs import NOW, Line
from tests.integration.stores.aws import BUCKET, account

RUN, CHAMPION = "parcels-00002-bbbbbbbb", "parcels-00001-aaaaaaaa"
SENT = 150
CONTRACT: dict[str, Any] = {
    "id": "parcels",
    "entity": "parcel",
    "task": "binary",
    "input": {
        "decimal": ",",
        "columns": {
            "parcel": {"type": "text", "required": True},
            "weight": {"type": "number"},
            'to, or "via"': {"type": "text"},
            "fragile": {"type": "boolean"},
            "posted": {"type": "timestamp", "formats": ["%d.%m.%Y"]},
            "late": {"type": "text", "allowed": ["yes", "no"]},
        },
    },
    "target": {"column": "late", "positive": "yes"},
    "split": {"by": "random"},
    "gate": {"min_rows": 5},
    "yield": {"threshold": 0.5, "good_when": "prediction = outcome", "window": 10, "log_scores": True},
}


def parcels() -> list[dict[str, str]]:
    """As they were dropped; one comes again, corrected, and what is not posted yet has no label."""
    places = ("Ulm", 'Bonn, "West"', "", "Köln\nPorz")
    rows = [
        {
            "parcel": f"P,{number}",
            "weight": f"{number},25" if number % 7 else "",
            'to, or "via"': places[number % 4],
            "fragile": ("true", "false")[number % 2],
            "posted": f"{1 + number % 28:02d}.03.2026",
            "late": ("yes", "no", "")[number % 3],
        }
        for number in range(SENT)
    ]
    return [*rows, rows[3] | {"weight": "0,5", "late": "no"}]


def csv_of(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@dataclass
class Shop(Line):
    """A data set in an account, with a run that has scored it."""

    def score(self, base: Path) -> None:
        """PrepareData's very code, and after it what batch transform would write: a yes for every other row."""
        stage = Stage(base, RUN, "parcels")
        layout = stage.layout
        key = layout.input_file(0, "parcels.csv")
        stage.put(key, csv_of(parcels()))
        stage.put(layout.contract_file("dataset.json"), self.contract.model_dump_json(by_alias=True))
        dropped = {"arrival_id": "a0", "source": "s3://data/incoming/x.csv", "version_id": "v", "key": key, "size": 1}
        manifest = {"run_id": RUN, "dataset": "parcels", "fence": 2, "inputs": [dropped], "history": []}
        stage.put(layout.manifest, json.dumps(manifest))
        preparing.run(Directories(base), layout.prefix)
        for file in (stage.output / "prepared").rglob("*.*"):
            below = file.relative_to(stage.output).as_posix()
            self.aws.s3.upload_file(str(file), BUCKET, f"{layout.prefix}/{below}")
        self.aws.s3.put_object(
            Bucket=BUCKET,
            Key=layout.contract_file("dataset.json"),
            Body=self.contract.model_dump_json(by_alias=True),
        )
        for part in self.parts():
            lines = self.aws.text(layout.scoring_part(part)).splitlines()
            cells = [next(csv.reader([line]))[0] for line in lines]
            said = [f'"{cell}",{("no,0.2", "yes,0.7")[place % 2]}\n' for place, cell in enumerate(cells)]
            self.aws.s3.put_object(Bucket=BUCKET, Key=layout.predictions_part(part), Body="".join(said).encode())

    def parts(self) -> list[str]:
        document = self.aws.text(RunLayout("parcels", RUN).scoring_parts)
        return [each.part for each in ScoringParts.model_validate_json(document).root]

    def logs(self) -> dict[str, str]:
        """Each log's key, and the version that it has now."""
        listed = self.aws.s3.list_object_versions(Bucket=BUCKET, Prefix=batch_logs("parcels", RUN))
        found = [(each["Key"], each["VersionId"]) for each in listed.get("Versions", [])]
        assert len(dict(found)) == len(found), "each is written once, for each writing is measured"
        return dict(found)

    def rows(self) -> list[dict[str, str]]:
        every = []
        for key in sorted(self.logs()):
            body = self.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            every += list(csv.DictReader(io.StringIO(gzip.decompress(body).decode(), newline="")))
        return every


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("DATA_BUCKET", BUCKET)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(outputs, "ROWS_PER_PART", 60)
    with account() as aws:
        made = Shop(aws, tmp_path, Contract.model_validate(CONTRACT), now=datetime.now(UTC))
        made.score(tmp_path / "run")
        yield made


def log_scores(shop: Shop) -> dict[str, int]:
    from container.log_scores import handler as module

    event = {"dataset": "parcels", "run_id": RUN, "champion_run_id": CHAMPION}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "s3", shop.aws.s3)
        return module.handler(event, None)


def test_each_entity_is_logged_as_it_was_dropped_last_with_what_was_predicted_and_how_surely(shop: Shop) -> None:
    assert log_scores(shop) == {"written": 3}
    rows = {row["item_id"]: row for row in shop.rows()}
    assert len(rows) == len(shop.rows()) == SENT
    newest = {dropped["parcel"]: dropped for dropped in parcels()}
    assert newest["P,3"]["weight"] == "0,5"
    for item, dropped in newest.items():
        known = {name: value for name, value in dropped.items() if name not in ("parcel", "late")}
        assert {name: rows[item][name] for name in known} == known
    assert {(row["prediction"], row["confidence"]) for row in rows.values()} == {("yes", "0.7"), ("no", "0.8")}
    assert {row["model"] for row in rows.values()} == {CHAMPION}
    assert "late" not in rows["P,3"], "what is known of it already is no outcome of this prediction"


def test_the_logs_are_observed_items_without_a_rejection_and_outcomes_find_them(shop: Shop) -> None:
    log_scores(shop)
    events = [shop.dropped(key, version) for key, version in shop.logs().items()]
    series = shop.measure(*events)
    assert not shop.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="quarantine/")["KeyCount"]
    assert sum(each.items for each in series.buckets) == SENT
    assert {each.model for each in series.buckets} == {CHAMPION}
    moment = shop.rows()[0]["time"]
    outcomes = "item_id,time,outcome\n" + "".join(f'"P,{number}",{moment},no\n' for number in range(10))
    measure = shop.measure(shop.put("outcomes.csv", outcomes, "parcels")).measure
    assert measure
    good = [row["item_id"] for row in shop.rows() if row["prediction"] == "no"]
    assert (measure.samples, measure.good) == (10, len({f"P,{number}" for number in range(10)} & set(good)))


def test_another_attempt_writes_only_what_is_not_there_and_the_same_bytes(shop: Shop) -> None:
    log_scores(shop)
    before, gone = shop.logs(), batch_log("parcels", RUN, shop.parts()[1])
    body = shop.aws.s3.get_object(Bucket=BUCKET, Key=gone)["Body"].read()
    assert log_scores(shop) == {"written": 0}
    assert shop.logs() == before
    shop.aws.s3.delete_object(Bucket=BUCKET, Key=gone, VersionId=before[gone])
    assert log_scores(shop) == {"written": 1}
    assert shop.aws.s3.get_object(Bucket=BUCKET, Key=gone)["Body"].read() == body


def test_what_cannot_be_read_now_is_tried_again(shop: Shop) -> None:
    shop.aws.s3.delete_object(Bucket=BUCKET, Key=RunLayout("parcels", RUN).predictions_part(shop.parts()[2]))
    with pytest.raises(StoreUnavailable, match=r"part-00002\.csv\.out"):
        log_scores(shop)
    assert len(shop.logs()) == 2, "what came before it is logged"


def test_rows_of_other_entities_are_never_put_together(tmp_path: Path) -> None:
    part = ScoredPart("s3://data/p.out", "regression", None, CHAMPION, NOW)
    scored, dropped = tmp_path / "p.out", tmp_path / "p.parquet"
    pq.write_table(pa.table({"item_id": ["a", "b"], "speed": ["1", None]}), dropped)
    for lines in ("a,1.5\n", "b,1.5\na,2\n", "a,1\nb,2\nc,3\n"):
        scored.write_text(lines)
        with pytest.raises(RowsDiffer, match=r"s3://data/p\.out"):
            part.write_log(scored, dropped, tmp_path / "log.gz")
    scored.write_text("a,nothing\nb,2\n")
    with pytest.raises(TrainingFailed, match="line 1"):
        part.write_log(scored, dropped, tmp_path / "log.gz")


def test_an_event_log_has_no_one_row_of_an_entity_so_none_is_kept_and_predictions_are_logged_alone(
    stage: Stage, tmp_path: Path
) -> None:
    stated = {"threshold": 0.5, "log_scores": True}
    stage.stage_prepare({"sample.csv.gz": DATASET / "sample.csv.gz"}, **{"yield": stated})
    preparing.run(Directories(stage.base), stage.layout.prefix)
    assert (stage.output / "prepared" / "scoring").is_dir()
    assert not (stage.output / "prepared" / "logged").exists()
    scored = tmp_path / "scored.csv"
    scored.write_text("17850,12.3,0.81\n12583,80,0.1\n")
    part = ScoredPart("s3://data/scored.csv", "time_to_event", None, CHAMPION, NOW)
    assert part.write_log(scored, None, tmp_path / "log.gz") == 2
    lines = gzip.decompress((tmp_path / "log.gz").read_bytes()).decode().splitlines()
    assert lines == [
        "item_id,time,prediction,confidence,outcome,model",
        f"17850,{NOW.isoformat()},12.3,,,{CHAMPION}",
        f"12583,{NOW.isoformat()},80.0,,,{CHAMPION}",
    ]
