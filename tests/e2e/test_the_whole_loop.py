"""From a dropped CSV to published predictions, and everything that must not happen on the way. In order."""

import csv
import gzip
import io
import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import boto3
import httpx
import pyarrow.parquet as pq
import pytest
import urllib3

from evergreen.cli.demo_yield import Story
from tests.e2e.conftest import DATASET, ROOT, Loop

LINE = "line_yield"
SAMPLE = gzip.decompress((ROOT / "datasets" / DATASET / "sample.csv.gz").read_bytes())
HEADER, *ROWS = SAMPLE.decode().splitlines()
CUSTOMERS = Counter(row["CustomerID"] for row in csv.DictReader(io.StringIO(SAMPLE.decode())) if row["CustomerID"])
REGULAR = CUSTOMERS.most_common(1)[0][0]

RUBBISH = {  # one file each that is refused as a whole, by its header and by its rows
    "no-date.csv": (SAMPLE.replace(b"InvoiceDate", b"InvoiceDay", 1)[:20_000], "InvoiceDate"),
    "workbook.csv": (b"PK\x03\x04" + bytes(200), "Excel"),
    "bad-dates.csv": ("\n".join([HEADER, *(_.replace("2010-", "20I0-") for _ in ROWS[:50])]).encode(), "InvoiceDate"),
}


def test_the_first_drop_alone_makes_a_champion_and_publishes_everybody(loop: Loop) -> None:
    run = loop.drop("sample.csv", SAMPLE)
    assert (run["status"], run["verdict"]["outcome"]) == ("SUCCEEDED", "FIRST"), run
    published, champion = loop.published(), loop.champion()
    assert published is not None
    assert champion is not None
    assert published["generation"] == champion["run_id"] == run["run_id"]
    assert 0.9 * len(CUSTOMERS) < published["rows"] <= len(CUSTOMERS)
    found = loop.deployment.predictions.get(DATASET, REGULAR, run["run_id"])
    assert found is not None
    assert 0 <= found["probability"] <= 1
    assert found["prediction"] >= 0
    assert found["model"] == run["run_id"]
    assert len(loop.told(run["run_id"])) == 1


def test_the_crm_beside_it_knows_every_customers_segment(loop: Loop) -> None:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="evergreen-crm")["SecretString"]
    address = json.loads(secret)["url"].removesuffix("/segments")
    published = loop.published()
    assert published is not None
    _wait(
        lambda: ["told"] if loop.deployment.segments.status(DATASET).get("updates_total") == published["rows"] else []
    )
    found = urllib3.request("GET", f"{address}/customers/{DATASET}/{REGULAR}").json()
    assert found["segment"] in ("at_risk", "soon", "regular", "seldom")
    assert [each["generation"] for each in found["history"]] == [published["generation"]]


def test_the_same_rows_again_are_judged_against_the_champion_and_change_nothing(loop: Loop) -> None:
    champion = loop.champion()
    assert champion is not None
    run = loop.drop("sample.csv", SAMPLE)
    assert run["verdict"]["outcome"] in ("KEEP", "INCONCLUSIVE"), run["verdict"]
    assert run["evaluation"]["champion"] == run["evaluation"]["challenger"], "the same rows must make the same model"
    assert loop.champion() == champion
    published = loop.published()
    assert published is not None
    assert (published["generation"], published["champion"]) == (run["run_id"], champion["run_id"])


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_ends_as_data_rejected_with_a_reason_and_nothing_else_changes(loop: Loop, name: str) -> None:
    body, expected = RUBBISH[name]
    champion, published = loop.champion(), loop.published()
    run = loop.drop(name, body)
    assert run["status"] == "DATA_REJECTED", run
    told = loop.told(run["run_id"])
    assert len(told) == 1
    assert name in told[0]
    assert expected in told[0], told[0]
    assert (loop.champion(), loop.published()) == (champion, published)
    assert any(key.endswith(name) for key in loop.keys(f"quarantine/{DATASET}/{run['run_id']}/"))


@pytest.mark.parametrize("key", ["incoming/next_purchas/a.csv", "incoming/a.csv", "next_purchase/a.csv"])
def test_a_file_in_a_place_of_no_data_set_is_quarantined_and_told_of(loop: Loop, key: str) -> None:
    before, known = loop.newest(), set(loop.keys("quarantine/"))
    loop.put(key, SAMPLE[:1000])
    copies = _wait(lambda: [each for each in loop.keys("quarantine/") if each not in known])
    arrival_id = copies[0].split("/")[2]
    told = loop.told(arrival_id)
    assert len(told) == 1
    assert key in told[0]
    assert DATASET in told[0]
    assert loop.newest() == before


def test_a_fallen_yield_starts_the_same_run(loop: Loop) -> None:
    before = loop.newest()
    boto3.client("cloudwatch").put_metric_data(
        Namespace="Evergreen",
        MetricData=[
            {"MetricName": "ObservedYield", "Dimensions": [{"Name": "Dataset", "Value": DATASET}], "Value": 0.4}
        ],
    )
    run = loop.next_run(after=before)
    assert run["status"] == "SUCCEEDED", run
    assert "alarm Evergreen-next_purchase-observed-yield" in run["causes"][0]


def test_a_stopped_run_is_told_of_and_publishes_nothing(loop: Loop) -> None:
    before, published = loop.newest(), loop.published()
    loop.put(f"incoming/{DATASET}/stopped.csv", "\n".join([HEADER, *ROWS[:500]]).encode())
    _wait(lambda: [loop.newest()] if loop.newest() > before else [])
    boto3.client("stepfunctions").stop_execution(executionArn=loop.deployment.execution_arn(loop.newest()))
    run = loop.next_run(after=before)
    assert run["status"] == "FAILED", run
    assert len(loop.told(run["run_id"])) == 1
    assert loop.published() == published


def test_after_all_that_the_next_good_drop_works_and_takes_along_what_was_stopped(loop: Loop) -> None:
    run = loop.drop("more.csv", "\n".join([HEADER, *ROWS[-2000:]]).encode())
    assert run["status"] == "SUCCEEDED", run
    assert {cause.split("/")[-1].split(" ")[0] for cause in run["causes"]} == {"stopped.csv", "more.csv"}
    published = loop.published()
    assert published is not None
    assert published["generation"] == run["run_id"]


def test_the_command_line_shows_what_happened(loop: Loop) -> None:
    run_id = loop.newest()
    listed = _evergreen("runs", DATASET)
    assert run_id in listed
    shown = _evergreen("run", run_id)
    assert "PrepareSmallData" in shown
    assert "hold-out rows" in shown
    assert json.loads(_evergreen("predictions", DATASET, REGULAR, "-o", "json"))["generation"] == run_id


def test_the_command_line_explains_one_prediction_by_the_model_that_made_it(loop: Loop) -> None:
    found = json.loads(_evergreen("predictions", DATASET, REGULAR, "--explain", "-o", "json"))
    assert found["explained"].keys() == {"event", "duration"}
    event = found["explained"]["event"]
    margin = event["base"] + sum(each["adds"] for each in event["features"])
    assert 1 / (1 + math.exp(-margin)) == pytest.approx(found["probability"], abs=1e-4)
    assert "What moves after how many days" in _evergreen("predictions", DATASET, REGULAR, "--explain")


def test_the_command_line_exports_the_very_items_that_readers_get(loop: Loop) -> None:
    exported = {
        row["entity"]: row
        for row in csv.DictReader(io.StringIO(_evergreen("predictions", DATASET, "--all", "-o", "csv")))
    }
    published = loop.published()
    assert published is not None
    assert len(exported) == published["rows"]
    item = loop.deployment.predictions.get(DATASET, REGULAR, published["generation"])
    assert item is not None
    table = pq.read_table(io.BytesIO(_printed("predictions", DATASET, "--all")))
    assert table.column("entity").to_pylist() == list(exported)
    assert {name: str(value) for name, value in item.items()} == {
        name: text.removesuffix(".0") for name, text in exported[REGULAR].items() if text
    }


def test_the_api_answers_from_that_generation_on_a_port_of_its_own(loop: Loop) -> None:
    url, run_id = loop.deployment.api_url, loop.newest()
    read = httpx.get(f"{url}/predictions/{DATASET}/{REGULAR}")
    assert (read.status_code, read.json()["generation"]) == (200, run_id)
    many = httpx.post(f"{url}/predictions/{DATASET}", json={"entities": [REGULAR, "nobody"]})
    assert many.json()["predictions"][0]["prediction"] == read.json()["prediction"]
    assert many.json()["missing"] == ["nobody"]
    assert httpx.get(f"{url}/predictions/{DATASET}/nobody").status_code == 404
    malformed = httpx.post(f"{url}/predict/{DATASET}", json={"rows": [{"Quantity": 6}]}, timeout=60)
    assert (malformed.status_code, malformed.json()["faults"][0]["row"]) == (422, 0)
    champion = loop.champion()
    assert champion is not None
    healthy = httpx.get(f"{url}/health", timeout=60).json()["datasets"][DATASET]
    assert healthy == {"champion": champion["run_id"], "loaded": champion["run_id"]}
    assert 'prediction_requests_total{dataset="next_purchase",route="read"' in httpx.get(f"{url}/metrics").text


def test_golden_rows_get_the_answers_that_the_batch_gave(tmp_path: Path) -> None:
    said = _evergreen("verify", DATASET, "--rows", "200", "--plot", str(tmp_path / "golden.png"))
    assert "200 of 200 answers are the published batch predictions'." in said
    assert (tmp_path / "golden.png").read_bytes().startswith(b"\x89PNG")


def _evergreen(*arguments: str) -> str:
    return _printed(*arguments).decode()


def _printed(*arguments: str) -> bytes:
    command = [sys.executable, "-c", "from evergreen.cli.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _wait(found: Callable[[], list[str]], timeout: float = 15) -> list[str]:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        result = found()
        if result:
            return result
        time.sleep(0.1)
    pytest.fail("it did not happen in time")


def test_a_yield_that_falls_mends_the_model_and_one_that_nothing_can_learn_leaves_it(loop: Loop) -> None:
    story = Story.begin(ROOT)
    story.tell()
    first, mended, kept = (loop.deployment.runs.get(run_id) or {} for run_id in story.runs)
    outcomes = [each["verdict"]["outcome"] for each in (first, mended, kept)]
    assert outcomes[:2] == ["FIRST", "PROMOTE"]
    assert outcomes[2] in ("KEEP", "INCONCLUSIVE"), kept["verdict"]
    assert all("alarm Evergreen-line_yield-" in each["causes"][0] for each in (mended, kept))
    champion = loop.deployment.registry.champion(LINE)
    assert champion is not None
    assert champion["run_id"] == mended["run_id"], "the run on random labels left it as it was"
    (told,) = loop.told(mended["run_id"])
    for words in ("Observed yield, last measured: ", "the teachers agree on", "recent items", "Next: nothing to do"):
        assert words.lower() in told.lower(), told
    (told,) = loop.told(kept["run_id"])
    assert "Look at the line, its sensors and its labels" in told
    assert loop.deployment.runs.of(LINE)[0]["run_id"] == kept["run_id"], "no further run for the same alarm"
    shown = json.loads(_evergreen("yield", LINE, "-o", "json"))
    assert (shown["samples"], shown["alarms"]["Evergreen-line_yield-observed-yield"]) == (200, "ALARM")
    assert shown["observed_yield"] < 0.9
