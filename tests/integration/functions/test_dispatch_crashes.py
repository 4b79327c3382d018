"""Dispatch dies before or after each of its calls, and the queue delivers the event again."""

from collections.abc import Callable
from typing import Any

import pytest

from evergreen.errors import StoreUnavailable
from evergreen.stores.arrivals import ArrivalState
from tests.integration.functions.world import DATASET, Died, World
from tests.integration.stores.aws import answers

A, B = (f"incoming/next_purchase/{name}.csv" for name in "ab")
MOMENTS = pytest.mark.parametrize("moment", ["before-call", "after-call"])


def crash_everywhere(
    world: World, moment: str, event: Callable[[World], dict[str, Any]], check: Callable[[], None]
) -> None:
    """Die at every call in turn, redeliver, check, and begin anew; ends when no call is left to die at."""
    for call in range(1, 100):
        told, live = event(world), world.dies_at(call, moment)
        try:
            world.dispatcher.take(told)
        except Died:
            live()
            world.dispatcher.take(told)
            check()
        else:
            live()
            assert call > 3, "it should have died somewhere"
            return
    raise AssertionError("it never got through")


def reset(world: World) -> None:
    for item in world.aws.registry.scan()["Items"]:
        world.aws.registry.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    world.sfn.delete_state_machine(stateMachineArn=world.machine_arn)
    world.machine_arn = World.of(world.aws).machine_arn
    world.aws.notices()


@MOMENTS
def test_a_drop_starts_exactly_one_run_wherever_dispatch_dies(world: World, moment: str) -> None:
    def dropped(world: World) -> dict[str, Any]:
        reset(world)
        return world.drop(A)

    def one_run() -> None:
        (run_id,) = world.started()
        assert world.arrivals_of(run_id) == [A]
        assert [run["run_id"] for run in world.runs.of(DATASET)] == [run_id]

    crash_everywhere(world, moment, dropped, one_run)


@MOMENTS
def test_an_aborted_run_is_ended_and_the_next_started_wherever_dispatch_dies(world: World, moment: str) -> None:
    def aborted(world: World) -> dict[str, Any]:
        reset(world)
        world.dispatcher.take(world.drop(A))
        world.dispatcher.take(world.drop(B))
        return world.ended(world.started()[0], "ABORTED")

    def ended_and_next_started() -> None:
        first, second = world.started()
        assert (world.runs.get(first) or {})["status"] == "FAILED"
        assert sorted(world.arrivals_of(second)) == [A, B]
        told = [notice["notification_id"] for notice in world.aws.notices()]
        assert set(told) == {first}
        assert len(told) <= 2

    crash_everywhere(world, moment, aborted, ended_and_next_started)


@MOMENTS
def test_a_misplaced_file_is_quarantined_and_told_wherever_dispatch_dies(world: World, moment: str) -> None:
    def misplaced(world: World) -> dict[str, Any]:
        reset(world)
        return world.drop("elsewhere/a.csv", "precious")

    def quarantined() -> None:
        told = world.aws.notices()
        assert len({notice["notification_id"] for notice in told}) == 1
        assert len(told) <= 2
        assert world.state(told[0]["notification_id"], "unknown")["state"] == ArrivalState.QUARANTINED
        assert all(world.aws.text(key) == "precious" for key in world.aws.keys("quarantine/"))

    crash_everywhere(world, moment, misplaced, quarantined)


def test_step_functions_out_of_reach_is_worth_another_try_and_the_run_keeps_its_name(world: World) -> None:
    event = world.drop(A)
    answers(world.sfn, "StartExecution", code="InternalError", status=500)
    with pytest.raises(StoreUnavailable):
        world.dispatcher.take(event)
    (reserved,) = (run["run_id"] for run in world.runs.of(DATASET))
    assert world.started() == []
    world.dispatcher.take(event)
    assert world.started() == [reserved]


def test_any_later_event_of_the_data_set_starts_the_run_whose_starter_died(world: World) -> None:
    answers(world.sfn, "StartExecution", code="InternalError", status=500)
    with pytest.raises(StoreUnavailable):
        world.dispatcher.take(world.drop(A))
    world.dispatcher.take(world.drop(B))
    (run_id,) = world.started()
    assert world.arrivals_of(run_id) == [A]
    assert [each.key for each in world.ledger.waiting(DATASET)].count(B) == 1


def test_a_scheduler_that_is_away_holds_no_run_up_and_the_next_event_sets_the_timer(world: World) -> None:
    answers(world.scheduler, "CreateSchedule", code="AccessDeniedException", status=403)
    world.dispatcher.take(world.drop(A))
    (run_id,) = world.started()
    record = world.runs.get(run_id) or {}
    assert "AccessDeniedException" in record["no_timer"]
    assert "wakes_at" not in record
    world.dispatcher.take(world.drop(B))
    record = world.runs.get(run_id) or {}
    (timer,) = world.scheduler.list_schedules(GroupName="wakes")["Schedules"]
    assert timer["Name"].startswith(f"{DATASET}-{record['wakes_at'][:13].replace('-', '')}")
    answers(world.scheduler, "CreateSchedule", code="AccessDeniedException", status=403)
    world.dispatcher.take(world.ended(run_id, "ABORTED"))
    assert len(world.started()) == 2, "a timer that is set is not set again, so only the next run's is refused"


def test_a_scheduler_that_is_away_holds_up_what_only_a_timer_would_start_until_it_answers(world: World) -> None:
    world.states(runs={"quiet_period": "5m"})
    event = world.drop(A)
    answers(world.scheduler, "CreateSchedule", code="InternalServerException", status=500)
    with pytest.raises(StoreUnavailable):
        world.dispatcher.take(event)
    world.dispatcher.take(event)
    assert len(world.scheduler.list_schedules(GroupName="wakes")["Schedules"]) == 1


def test_a_batch_that_nobody_can_be_told_of_holds_no_other_file_up(world: World) -> None:
    world.dispatcher.take(world.drop("incoming/next_purchase/may/a.csv"))
    answers(world.scheduler, "CreateSchedule", code="InternalServerException", status=500, times=3)
    with pytest.raises(StoreUnavailable):
        world.dispatcher.take(world.drop("incoming/next_purchase/june/a.csv"))
    with pytest.raises(StoreUnavailable):
        world.dispatcher.take(world.drop(A))
    assert [world.arrivals_of(run_id) for run_id in world.started()] == [[A]]


def test_a_run_that_went_well_does_not_fail_for_its_execution_is_forgotten(world: World) -> None:
    run_id, _ = world.run(A)
    world.runs.note(run_id, status="SUCCEEDED")
    expired = {":past": 1}
    key = {"pk": f"DATASET#{DATASET}", "sk": "LEASE"}
    world.aws.registry.update_item(
        Key=key, UpdateExpression="SET expires_at = :past", ExpressionAttributeValues=expired
    )
    world.dispatcher.take(world.drop(B))
    assert (world.runs.get(run_id) or {})["status"] == "SUCCEEDED"
    assert len(world.started()) == 1, "the lease is the next run's"
