"""`evergreen arrivals` and `evergreen drop --batch`, against a deployment in moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from evergreen.batches import read_manifest
from evergreen.cli import arrivals, drop
from evergreen.cli.deployment import Deployment
from evergreen.cli.holdup import Holdup
from evergreen.cli.main import app
from evergreen.errors import UserMustAct
from evergreen.layout import RunLayout
from evergreen.stores.arrivals import ArrivalState
from tests.integration.functions.test_dispatch_snapshots import SNAPSHOT
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, account

A, B = (f"incoming/next_purchase/{name}.csv" for name in "ab")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with account() as aws:
        world = World.of(aws)
        deployment = Deployment(BUCKET, "registry", "predictions", world.machine_arn, (DATASET,))
        monkeypatch.setattr(arrivals.Deployment, "find", lambda: deployment)
        monkeypatch.setattr(drop, "deployment_with", lambda _: deployment)
        yield world


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def told(world: World) -> list[tuple[str, str | None, str]]:
    listed = json.loads(said("arrivals", DATASET, "-o", "json"))
    return [(each["state"], each["run_id"], each["why"]) for each in listed]


def test_what_is_in_a_run_and_what_waits_for_its_end_are_told_apart_newest_first(world: World) -> None:
    world.dispatcher.take(world.drop(A, at="2026-03-02T08:00:00Z"))
    world.dispatcher.take(world.drop(B, at="2026-03-02T09:00:00Z"))
    (run_id,) = world.started()
    assert told(world) == [
        ("waiting", None, f"run {run_id} is in progress; the next one takes it"),
        ("in run", run_id, ""),
    ]
    table = said("arrivals", DATASET)
    assert run_id in table
    assert f"{B} was dropped" in table
    assert "s3://" not in table, "the bucket is the same in every line"


def test_how_an_arrival_ended_is_told_with_its_run_and_reason(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (run_id,) = world.started()
    (arrival_id,) = (world.runs.get(run_id) or {})["arrival_ids"]
    world.dispatcher.take(world.ended(run_id, "ABORTED"))
    assert told(world) == [("held", run_id, f"run {run_id} failed with it; it joins the next run")]
    world.ledger.settle(DATASET, arrival_id, ArrivalState.QUARANTINED, run_id, reason="no header")
    assert told(world) == [("quarantined", run_id, "no header")]


def test_what_is_held_back_is_told_with_its_time_and_rule(world: World) -> None:
    world.states(runs={"quiet_period": "1h"})
    world.dispatcher.take(world.drop(A))
    ((state, run_id, why),) = told(world)
    assert (state, run_id) == ("waiting", None)
    assert why.startswith(f"held back until {datetime.now(UTC) + timedelta(hours=1):%Y-%m-%d %H:}")
    assert "nothing new came for 1h (quiet_period)" in why


def test_a_batch_says_what_it_lacks_until_it_is_complete(world: World) -> None:
    world.states(runs={"quiet_period": "1h"})
    world.dispatcher.take(world.drop("incoming/next_purchase/may/a.csv", "x"))
    assert told(world)[0][2] == "the batch may is not complete: manifest.json is missing"
    world.dispatcher.take(world.drop_manifest("may", a="x"))
    assert all("held back until" in why for _, _, why in told(world))


def test_a_batch_is_uploaded_with_its_manifest_last_and_dispatch_finds_it_complete(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "export" / "north").mkdir(parents=True)
    for name in ("a.csv", "north/a.csv"):
        (tmp_path / "export" / name).write_text(f"rows of {name}\n")
    put: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        put.append(params["url_path"])

    session = boto3.DEFAULT_SESSION
    assert session
    session.events.register("before-call.s3.PutObject", note)
    told = said("drop", DATASET, str(tmp_path / "export"), "--batch", "may")
    session.events.unregister("before-call.s3.PutObject", note)
    assert "Batch may of 2 files is complete" in told
    assert [path.partition("/may/")[2] for path in put] == ["a.csv", "north/a.csv", "manifest.json"]
    manifest = read_manifest(world.aws.text("incoming/next_purchase/may/manifest.json").encode())
    assert [file.name for file in manifest.files] == ["a.csv", "north/a.csv"]
    listed = world.aws.s3.list_object_versions(Bucket=BUCKET, Prefix="incoming/")["Versions"]
    for each in listed:
        event = world.drop("incoming/next_purchase/elsewhere.csv")
        etag = each["ETag"].strip('"')
        described = {"key": each["Key"], "version-id": each["VersionId"], "size": each["Size"], "etag": etag}
        event["detail"]["object"] |= described
        world.dispatcher.take(event)
    (run_id,) = world.started()
    assert len(world.arrivals_of(run_id)) == 3


@pytest.mark.parametrize("in_a_checkout", [True, False])
def test_several_files_that_would_replace_each_other_are_refused_before_any_is_uploaded(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_a_checkout: bool
) -> None:
    columns = world.contracts[DATASET].contract.input.model_dump(exclude_none=True, by_alias=True)
    world.states(**SNAPSHOT, gate={}, input={**columns, "arrives": "replace", "key": []})
    contract = world.contracts[DATASET].contract.model_dump_json(by_alias=True, exclude_none=True)
    folder = tmp_path / DATASET
    folder.mkdir()
    (folder / "dataset.yaml").write_text(contract)
    monkeypatch.setattr(drop, "contract_folder", lambda _: folder if in_a_checkout else None)
    run_id, _ = world.run("incoming/next_purchase/a.csv")
    world.aws.put(RunLayout(DATASET, run_id).contract_file("dataset.json"), contract)
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("x")
    with pytest.raises(UserMustAct, match="a batch holds one file, not 2"):
        drop.drop(DATASET, [tmp_path / "a.csv", tmp_path / "b.csv"], batch="may")
    assert world.aws.keys("incoming/next_purchase/may/") == []


def test_an_empty_name_of_a_batch_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(UserMustAct, match="no name of a batch"):
        drop.drop(DATASET, [tmp_path / "a.csv"], batch="")
    assert world.aws.keys("incoming/") == []


@pytest.mark.parametrize(
    ("batch", "files", "words"),
    [
        ("a/b", ["a.csv"], "no name of a batch"),
        ("may", ["a.csv", "sub/a.csv"], "has a a.csv already"),
        ("may", ["manifest.json"], "manifest.json already"),
        ("may", ["nowhere.csv"], "neither a file nor a folder"),
        ("may", ["empty"], "1 to 499 files, not 0"),
    ],
)
def test_what_cannot_be_a_batch_is_refused_before_anything_is_uploaded(
    tmp_path: Path, batch: str, files: list[str], words: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("a.csv", "sub/a.csv", "manifest.json"):
        (tmp_path / name).write_text("x")
    with pytest.raises(UserMustAct, match=words):
        drop.files_of_batch(batch, [tmp_path / name for name in files])


def test_who_watches_is_told_once_why_the_run_is_held_back_and_waits_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.states(runs={"quiet_period": "5m"})
    holdup = Holdup(arrivals.Deployment.find(), DATASET)
    assert not holdup.look()
    world.dispatcher.take(world.drop(A))
    for _ in range(2):
        holdup._next_look = 0.0
        assert holdup.look()
    told = capsys.readouterr().out
    assert told.count("nothing new came for 5m (quiet_period)") == 1
    assert "the run starts by itself" in told
