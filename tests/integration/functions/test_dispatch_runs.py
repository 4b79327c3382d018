"""Dispatch turns events into runs: one at a time, each arrival in exactly one, whatever comes twice or late."""

from typing import Any

import pytest

from evergreen.arrivals import Arrival, arrival_of
from evergreen.runs import dataset_of
from evergreen.stores.arrivals import MOST_AT_ONCE, MOST_FAILURES, ArrivalState
from tests.integration.functions.world import DATASET, World, sample

A, B, C = (f"incoming/next_purchase/{name}.csv" for name in "abc")


def test_one_drop_starts_one_run_that_takes_it(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (run_id,) = world.started()
    assert dataset_of(run_id) == DATASET
    assert world.input_of(run_id) == {"run_id": run_id, "dataset": DATASET, "fence": 1}
    assert world.arrivals_of(run_id) == [A]
    record = world.runs.get(run_id)
    assert record
    assert (record["status"], record["causes"]) == ("RUNNING", [f"s3://evergreen-data/{A} was dropped"])


def test_the_same_event_three_times_starts_one_run(world: World) -> None:
    event = world.drop(A)
    for _ in range(3):
        world.dispatcher.take(event)
    (run_id,) = world.started()
    assert world.arrivals_of(run_id) == [A]


def test_the_same_event_again_after_its_run_starts_nothing(world: World) -> None:
    event = world.drop(A)
    world.dispatcher.take(event)
    (run_id,) = world.started()
    for arrival in world.ledger.waiting(DATASET):
        world.ledger.settle(DATASET, arrival.arrival_id, ArrivalState.DONE, run_id)
    world.runs.note(run_id, status="SUCCEEDED")
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    world.dispatcher.take(event)
    assert world.started() == [run_id]


def test_a_low_yield_starts_a_run_without_new_files(world: World) -> None:
    world.dispatcher.take(sample("yield-low"))
    (run_id,) = world.started()
    record = world.runs.get(run_id)
    assert record
    assert "Evergreen-next_purchase-observed-yield" in record["causes"][0]


def test_what_arrives_during_a_run_waits_and_makes_exactly_one_next_run(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    for key in (B, C):
        world.dispatcher.take(world.drop(key))
    assert world.started() == [first]
    finish(world, first)
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    assert len(world.started()) == 2
    second = world.started()[1]
    assert sorted(world.arrivals_of(second)) == [B, C]
    assert world.input_of(second)["fence"] == 2


def finish(world: World, run_id: str) -> None:
    """What CompleteRun does, as far as Dispatch sees it."""
    for arrival_id in (world.runs.get(run_id) or {})["arrival_ids"]:
        world.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
    world.runs.note(run_id, status="SUCCEEDED")


def test_a_run_that_ends_with_nothing_waiting_frees_its_lease(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    finish(world, first)
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    assert world.started() == [first]
    world.dispatcher.take(world.drop(B))
    assert len(world.started()) == 2


def test_the_end_of_a_run_told_late_does_not_disturb_the_next(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    finish(world, first)
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    world.dispatcher.take(world.drop(B))
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    world.dispatcher.take(world.drop(C))
    assert len(world.started()) == 2
    assert world.arrivals_of(world.started()[1]) == [B]


def test_the_same_key_uploaded_again_during_a_run_is_in_the_next(world: World) -> None:
    world.dispatcher.take(world.drop(A, "first"))
    (first,) = world.started()
    world.dispatcher.take(world.drop(A, "second"))
    finish(world, first)
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    assert world.arrivals_of(world.started()[1]) == [A]


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT", "FAILED"])
def test_a_run_that_never_reached_its_last_state_is_failed_with_one_notice(world: World, status: str) -> None:
    world.dispatcher.take(world.drop(A))
    (run_id,) = world.started()
    for _ in range(3):
        world.dispatcher.take(world.ended(run_id, status))
    record = world.runs.get(run_id)
    assert record
    assert record["status"] == "FAILED"
    assert status in record["error"]
    assert "stopped by hand" in record["error"]
    (notice,) = world.aws.notices()
    assert (notice["notification_id"], notice["kind"], notice["dataset"]) == (run_id, "FAILED", DATASET)
    assert "stopped by hand" in notice["body"]


def test_the_files_of_an_aborted_run_are_held_and_join_the_next(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    world.dispatcher.take(world.ended(first, "ABORTED"))
    (held,) = (world.runs.get(first) or {})["arrival_ids"]
    assert world.state(held)["state"] == ArrivalState.HELD
    assert world.started() == [first], "nothing new arrived, so the same data would fail again"
    world.dispatcher.take(world.drop(B, at="2026-03-03T00:00:00Z"))
    assert world.arrivals_of(world.started()[1]) == [A, B]


def test_what_waited_during_an_aborted_run_starts_the_next_at_once(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    world.dispatcher.take(world.drop(B))
    world.dispatcher.take(world.ended(first, "ABORTED"))
    assert sorted(world.arrivals_of(world.started()[1])) == [A, B]


def test_a_run_that_ended_itself_is_not_told_of_again(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (run_id,) = world.started()
    world.runs.note(run_id, status="FAILED", error="no rows")
    world.dispatcher.take(world.ended(run_id, "FAILED"))
    assert (world.runs.get(run_id) or {})["error"] == "no rows"
    assert world.aws.notices() == []


def test_a_folder_marker_does_nothing(world: World) -> None:
    world.dispatcher.take(world.drop("incoming/next_purchase/", ""))
    assert world.started() == []
    assert world.ledger.waiting(DATASET) == []


def test_a_run_whose_end_was_never_told_of_is_closed_by_the_next_arrival(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    world.stop(first)
    world.dispatcher.take(world.drop(B, at="2026-03-03T00:00:00Z"))
    assert (world.runs.get(first) or {})["status"] == "FAILED"
    assert world.arrivals_of(world.started()[1]) == [A, B]


def test_a_file_that_run_after_run_fails_with_is_set_aside_and_named(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    for day in range(MOST_FAILURES):
        world.dispatcher.take(world.ended(world.started()[-1], "FAILED"))
        world.dispatcher.take(world.drop(B, at=f"2026-03-0{day + 3}T00:00:00Z"))
    assert A not in world.arrivals_of(world.started()[-1])
    bodies = [notice["body"] for notice in world.aws.notices()]
    assert f"drop them again: s3://evergreen-data/{A} was dropped" in bodies[MOST_FAILURES - 1]


def test_thousands_of_files_at_once_are_taken_in_runs_of_a_size_that_fits(world: World) -> None:
    template = arrival_of(world.drop(A), world.contracts.ids)
    assert isinstance(template, Arrival)
    for number in range(MOST_AT_ONCE + 5):
        world.ledger.record(template.model_copy(update={"arrival_id": f"{number:016d}"}))
    world.dispatcher.take(world.drop(B, at="2026-03-03T00:00:00Z"))
    (first,) = world.started()
    record = world.runs.get(first) or {}
    assert len(record["arrival_ids"]) == MOST_AT_ONCE
    assert len(record["causes"]) < 30
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    assert len(world.started()) == 2


def test_an_arrival_is_not_left_behind_when_a_rollback_raises_the_fence_under_its_lease(world: World) -> None:
    run_id, _ = world.run("incoming/next_purchase/a.csv")
    world.leases.release(DATASET, run_id)
    raise_fence = {"UpdateExpression": "SET fence = :next", "ExpressionAttributeValues": {":next": 7}}
    key = {"pk": f"DATASET#{DATASET}", "sk": "LEASE"}
    event = world.drop("incoming/next_purchase/b.csv")
    dispatcher = world.dispatcher
    interrupted = [False]

    def rolled_back(params: Any, **_: Any) -> None:
        if not interrupted[0] and "LEASE" in str(params.get("body")):
            interrupted[0] = True
            world.aws.registry.update_item(Key=key, **raise_fence)

    world.aws.registry.meta.client.meta.events.register("before-call.dynamodb.PutItem", rolled_back)
    dispatcher.take(event)
    assert interrupted[0]
    assert [each.split("-")[2] for each in world.started()] == ["00008"]


def test_however_many_arrivals_are_settled_an_event_reads_but_what_is_open(world: World) -> None:
    run_id, (old,) = world.run(A)
    world.ledger.settle(DATASET, old.arrival_id, ArrivalState.DONE, run_id)
    world.leases.release(DATASET, run_id)
    with world.aws.registry.batch_writer() as table:
        for number in range(300):
            named = {"sk": f"ARRIVAL#{number:016x}", "arrival_id": f"{number:016x}"}
            table.put_item(Item={**world.state(old.arrival_id), **named})
    read: list[int] = []
    world.aws.registry.meta.client.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: read.append(len(parsed["Items"]))
    )
    world.dispatcher.take(world.drop("incoming/next_purchase/new.csv"))
    world.dispatcher.take(world.drop("incoming/next_purchase/during.csv"))
    first = world.started()[-1]
    world.dispatcher.take(world.ended(first, "FAILED"))
    assert len(world.started()) > 1
    assert max(read) < 10, "a ledger only grows, and one event would at last take longer than a function may"
