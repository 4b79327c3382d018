"""Batches wait for their manifest and its files; incomplete ones are told of."""

import hashlib
import json

import pytest

from evergreen.stores.arrivals import ArrivalState
from evergreen.stores.files import Files
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET

MAY = "incoming/next_purchase/may"
FILES = {"a": "a,b\n1,2\n", "b": "a,b\n3,4\n"}


def test_a_batch_makes_one_run_once_its_manifest_is_there(clocked: World) -> None:
    for name, text in FILES.items():
        clocked.dispatcher.take(clocked.drop(f"{MAY}/{name}.csv", text))
    assert clocked.started() == []
    clocked.dispatcher.take(clocked.drop_manifest("may", **FILES))
    (run_id,) = clocked.started()
    assert sorted(clocked.arrivals_of(run_id)) == [f"{MAY}/a.csv", f"{MAY}/b.csv", f"{MAY}/manifest.json"]


def test_a_run_says_that_it_waited_for_the_rest_of_its_batch(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    clocked.passes(minutes=20)
    clocked.dispatcher.take(clocked.drop_manifest("may", a=FILES["a"]))
    waited = (clocked.runs.get(clocked.started()[0]) or {})["waited_for"]
    assert (waited["why"], waited["seconds"]) == ("its batch may was not complete before", 20 * 60)


def test_a_run_reads_the_files_of_a_batch_and_not_its_manifest(clocked: World) -> None:
    for event in [clocked.drop(f"{MAY}/a.csv", FILES["a"]), clocked.drop_manifest("may", a=FILES["a"])]:
        clocked.dispatcher.take(event)
    (run_id,) = clocked.started()
    clocked.pinning.pin(DATASET, run_id, 1)
    inputs = [key.rsplit("/", 1)[-1] for key in clocked.aws.keys(f"runs/{DATASET}/{run_id}/input/")]
    assert inputs == ["a.csv"]


def test_events_in_any_order_make_the_same_one_run(clocked: World) -> None:
    events = [clocked.drop(f"{MAY}/{name}.csv", text) for name, text in FILES.items()]
    events.append(clocked.drop_manifest("may", **FILES))
    for event in [*reversed(events), *events]:
        clocked.dispatcher.take(event)
    (run_id,) = clocked.started()
    assert len(clocked.arrivals_of(run_id)) == 3


def test_a_file_beside_a_waiting_batch_runs_by_itself(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/single.csv"))
    (run_id,) = clocked.started()
    assert clocked.arrivals_of(run_id) == ["incoming/next_purchase/single.csv"]


def test_an_incomplete_batch_is_told_of_once_at_its_deadline_and_still_runs_when_it_is_complete(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    clocked.dispatcher.take(clocked.drop_manifest("may", **FILES))
    clocked.passes(minutes=59)
    assert clocked.aws.notices() == []
    clocked.passes(minutes=2)
    (notice,) = clocked.aws.notices()
    assert (notice["kind"], notice["dataset"]) == ("BATCH_INCOMPLETE", DATASET)
    assert "b.csv is missing" in notice["body"]
    assert "a.csv" not in notice["body"]
    clocked.passes(hours=5)
    assert clocked.aws.notices() == []
    clocked.dispatcher.take(clocked.drop(f"{MAY}/b.csv", FILES["b"]))
    (run_id,) = clocked.started()
    assert len(clocked.arrivals_of(run_id)) == 3


def test_the_deadline_is_kept_while_a_run_is_in_progress(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/single.csv"))
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    clocked.passes(minutes=61)
    (notice,) = clocked.aws.notices()
    assert "manifest.json is missing" in notice["body"]
    assert len(clocked.started()) == 1


def test_a_file_that_is_not_what_the_manifest_says_holds_the_batch_until_it_is_mended(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", "a,b\n1,9\n"))
    clocked.dispatcher.take(clocked.drop_manifest("may", a=FILES["a"]))
    assert clocked.started() == []
    wrong = [each.arrival.arrival_id for each in clocked.ledger.entries(DATASET) if each.arrival.kind == "object"]
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    (run_id,) = clocked.started()
    assert clocked.state(wrong[0])["state"] == ArrivalState.SUPERSEDED
    assert wrong[0] not in (clocked.runs.get(run_id) or {})["arrival_ids"]
    (told,) = (clocked.runs.get(run_id) or {})["superseded"]
    assert f"{MAY}/a.csv" in told


def test_a_sha256_is_compared_with_the_objects_own_bytes(clocked: World) -> None:
    def manifest(text: str) -> str:
        said = {"name": "a.csv", "size": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        return json.dumps({"files": [said]})

    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    clocked.dispatcher.take(clocked.drop(f"{MAY}/manifest.json", manifest("a,b\n1,9\n")))
    assert clocked.started() == []
    clocked.dispatcher.take(clocked.drop(f"{MAY}/manifest.json", manifest(FILES["a"])))
    assert len(clocked.started()) == 1


@pytest.mark.parametrize("content", ["not json", '{"files": [{"name": "a.csv", "size": 8}]}'])
def test_a_manifest_that_cannot_be_read_is_set_aside_with_a_notice_and_blocks_nobody(
    clocked: World, content: str
) -> None:
    clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", FILES["a"]))
    clocked.dispatcher.take(clocked.drop(f"{MAY}/manifest.json", content))
    (notice,) = clocked.aws.notices()
    assert "manifest.json cannot be used" in notice["body"]
    assert [clocked.aws.text(key) for key in clocked.aws.keys("quarantine/")] == [content]
    clocked.dispatcher.take(clocked.drop_manifest("may", a=FILES["a"]))
    assert len(clocked.started()) == 1
    assert clocked.aws.notices() == []


def by_sha256(*names: str) -> str:
    said = [
        {"name": f"{name}.csv", "size": len(FILES[name]), "sha256": hashlib.sha256(FILES[name].encode()).hexdigest()}
        for name in names
    ]
    return json.dumps({"files": said})


def test_a_large_batch_is_hashed_in_parts_so_that_no_event_takes_too_long(
    clocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.dispatch.comparison.HASHED_AT_ONCE", 8)
    for name, text in FILES.items():
        clocked.dispatcher.take(clocked.drop(f"{MAY}/{name}.csv", text))
    clocked.dispatcher.take(clocked.drop(f"{MAY}/manifest.json", by_sha256("a", "b")))
    assert sum(entry.sha256 is not None for entry in clocked.ledger.entries(DATASET)) == 1
    assert clocked.started() == []
    clocked.passes(seconds=10)
    assert len(clocked.started()) == 1


def test_a_file_too_large_to_be_read_is_compared_by_what_s3_computed_of_it(
    clocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.dispatch.comparison.LARGEST_HASHED", 1)
    monkeypatch.setattr(Files, "sha256", lambda *_: pytest.fail("it takes too long"))
    event = clocked.drop(f"{MAY}/a.csv", FILES["a"])
    clocked.dispatcher.take(event)
    clocked.dispatcher.take(clocked.drop(f"{MAY}/manifest.json", by_sha256("a")))
    assert clocked.started() == []
    put = clocked.aws.s3.put_object(
        Bucket=BUCKET, Key=f"{MAY}/a.csv", Body=FILES["a"].encode(), ChecksumAlgorithm="SHA256"
    )
    event["detail"]["object"] |= {"version-id": put["VersionId"], "sequencer": "FF"}
    clocked.dispatcher.take(event)
    assert len(clocked.started()) == 1


@pytest.mark.parametrize("archived", ["manifest.json", "a.csv"])
def test_what_s3_will_not_give_of_a_batch_is_set_aside_told_once_and_holds_nothing_up(
    clocked: World, archived: str
) -> None:
    events = [clocked.drop(f"{MAY}/a.csv", FILES["a"]), clocked.drop(f"{MAY}/manifest.json", by_sha256("a"))]
    for event in events:
        if event["detail"]["object"]["key"].endswith(archived):
            body = FILES["a"] if archived == "a.csv" else by_sha256("a")
            put = clocked.aws.s3.put_object(
                Bucket=BUCKET, Key=f"{MAY}/{archived}", Body=body.encode(), StorageClass="GLACIER"
            )
            event["detail"]["object"]["version-id"] = put["VersionId"]
        clocked.dispatcher.take(event)
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/single.csv"))
    (run_id,) = clocked.started()
    assert clocked.arrivals_of(run_id) == ["incoming/next_purchase/single.csv"]
    (notice,) = clocked.aws.notices()
    assert f"S3 does not give s3://{BUCKET}/{MAY}/{archived} (InvalidObjectState): it is archived" in notice["body"]
    assert "evergreen redrive next_purchase" in notice["body"]
    assert [entry.state for entry in clocked.ledger.entries(DATASET)].count(ArrivalState.QUARANTINED) == 1


def test_the_name_of_a_batch_can_be_used_again(clocked: World) -> None:
    for text in FILES.values():
        clocked.dispatcher.take(clocked.drop(f"{MAY}/a.csv", text))
        clocked.dispatcher.take(clocked.drop_manifest("may", a=text))
        run_id = clocked.started()[-1]
        for arrival_id in (clocked.runs.get(run_id) or {})["arrival_ids"]:
            clocked.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
        clocked.runs.note(run_id, status="SUCCEEDED")
        clocked.dispatcher.take(clocked.ended(run_id, "SUCCEEDED"))
    assert len(clocked.started()) == 2
    assert all(len(clocked.arrivals_of(run_id)) == 2 for run_id in clocked.started())


def test_a_batch_may_be_named_as_its_data_set_is(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(f"incoming/{DATASET}/{DATASET}/a.csv", FILES["a"]))
    clocked.dispatcher.take(clocked.drop_manifest(DATASET, a=FILES["a"]))
    (run_id,) = clocked.started()
    assert len(clocked.arrivals_of(run_id)) == 2


def test_a_manifest_too_large_to_be_one_is_set_aside_unread_and_holds_nothing_up(
    clocked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = clocked.drop(f"{MAY}/manifest.json", "not read")
    event["detail"]["object"]["size"] = 5_000_001
    monkeypatch.setattr(Files, "version", lambda *_: pytest.fail("a function's memory does not hold it"))
    clocked.dispatcher.take(event)
    (notice,) = clocked.aws.notices()
    assert "5000001 bytes" in notice["body"]
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/single.csv"))
    assert len(clocked.started()) == 1


@pytest.mark.parametrize("faulty", ["missing", "twice"])
def test_whatever_a_manifest_says_its_faults_can_be_written_down(clocked: World, faulty: str) -> None:
    names = [f"{number:03}" + "ä" * 800 for number in range(499 if faulty == "missing" else 249)]
    files = [{"name": name, "size": 1, "etag": "e"} for name in (names if faulty == "missing" else names * 2)]
    clocked.dispatcher.take(clocked.drop(f"{MAY}/manifest.json", json.dumps({"files": files})))
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/single.csv"))
    assert len(clocked.started()) == 1
    clocked.passes(hours=2)
    (notice,) = clocked.aws.notices()
    assert len(notice["body"].encode()) < 200_000


def test_batches_that_nobody_completes_cost_an_event_no_write_each(clocked: World) -> None:
    for number in range(5):
        clocked.dispatcher.take(clocked.drop(f"incoming/next_purchase/day{number}/a.csv"))
    clocked.passes(hours=2)
    assert len(clocked.aws.notices()) == 5
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/a.csv"))
    written: list[str] = []
    clocked.aws.registry.meta.client.meta.events.register(
        "before-call.dynamodb.UpdateItem", lambda params, **_: written.append(str(params["body"]))
    )
    clocked.dispatcher.take(clocked.ended(clocked.started()[0], "SUCCEEDED"))
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/b.csv"))
    assert not [each for each in written if "BATCH#" in each]
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/day3/b.csv"))
    assert "BATCH_INCOMPLETE" not in [each["kind"] for each in clocked.aws.notices()], "people know of it"


def test_a_batch_whose_name_sns_would_not_take_is_told_of_all_the_same(clocked: World) -> None:
    subjects: list[str] = []
    clocked.sns.meta.events.register(
        "before-call.sns.Publish", lambda params, **_: subjects.append(params["body"]["Subject"])
    )
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/m\x01ä\x7f/a.csv"))
    clocked.passes(hours=2)
    (notice,) = clocked.aws.notices()
    assert subjects == ["next_purchase: batch m??? is not complete"]
    assert notice["notification_id"].isascii()
    assert notice["notification_id"].isprintable()
    assert "the batch m?ä? waits since" in notice["body"]
