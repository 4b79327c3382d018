"""Quiet period, interval and the day's limit hold runs back, and timers start them by themselves."""

from datetime import timedelta

import pytest

from evergreen.errors import StoreUnavailable
from evergreen.stores.arrivals import ArrivalState
from evergreen.stores.holdbacks import Holdbacks
from tests.integration.functions.world import DATASET, T0, World, sample
from tests.integration.stores.aws import answers

A, B, C = (f"incoming/next_purchase/{name}.csv" for name in "abc")


def finish(world: World, run_id: str) -> None:
    for arrival_id in (world.runs.get(run_id) or {})["arrival_ids"]:
        world.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
    world.runs.note(run_id, status="SUCCEEDED")
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))


def test_a_burst_makes_one_run_after_the_quiet_period_by_itself(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "5m"})
    for key in (A, B, C):
        clocked.dispatcher.take(clocked.drop(key))
        clocked.passes(minutes=4)
    assert clocked.started() == []
    clocked.passes(minutes=2)
    (run_id,) = clocked.started()
    assert sorted(clocked.arrivals_of(run_id)) == [A, B, C]
    record = clocked.runs.get(run_id) or {}
    assert record["first_arrival_at"] == T0.isoformat()
    assert record["waited_for"]["rule"] == "quiet_period"
    assert record["waited_for"]["seconds"] == 14 * 60


def test_a_steady_trickle_starts_its_run_at_the_longest_wait(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "5m", "longest_wait": "20m"})
    for minute in range(20):
        clocked.dispatcher.take(clocked.drop(f"incoming/next_purchase/{minute}.csv"))
        clocked.passes(minutes=1)
    (run_id,) = clocked.started()
    assert len(clocked.arrivals_of(run_id)) == 20
    assert (clocked.runs.get(run_id) or {})["waited_for"]["rule"] == "longest_wait"


def test_why_a_run_is_held_back_is_noted(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "5m"})
    clocked.dispatcher.take(clocked.drop(A))
    noted = Holdbacks(clocked.aws.registry).next_start(DATASET)
    assert noted
    assert noted.at == T0 + timedelta(minutes=5)
    assert "nothing new came for 5m" in noted.why


def test_a_run_soon_after_another_waits_for_the_interval_and_then_starts(clocked: World) -> None:
    clocked.states(runs={"min_interval": "1h"})
    clocked.dispatcher.take(clocked.drop(A))
    clocked.passes(minutes=10)
    clocked.dispatcher.take(clocked.drop(B))
    finish(clocked, clocked.started()[0])
    assert len(clocked.started()) == 1
    clocked.passes(minutes=49)
    assert len(clocked.started()) == 1
    clocked.passes(minutes=2)
    assert clocked.arrivals_of(clocked.started()[1]) == [B]


def test_the_days_limit_holds_back_until_the_oldest_run_is_a_day_old(clocked: World) -> None:
    clocked.states(runs={"max_runs_per_day": 2})
    for key in (A, B, C):
        clocked.dispatcher.take(clocked.drop(key))
        if len(clocked.started()) <= 2 and key != C:
            finish(clocked, clocked.started()[-1])
        clocked.passes(hours=1)
    assert len(clocked.started()) == 2
    clocked.passes(hours=20)
    assert len(clocked.started()) == 2
    clocked.passes(hours=1, minutes=1)
    assert clocked.arrivals_of(clocked.started()[2]) == [C]


def test_what_a_person_asks_for_starts_at_once_and_takes_along_what_was_held_back(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "30m", "min_interval": "6h"})
    clocked.dispatcher.take(clocked.drop(A))
    clocked.dispatcher.take(sample("run-requested"))
    (run_id,) = clocked.started()
    assert A in clocked.arrivals_of(run_id)
    assert (clocked.runs.get(run_id) or {})["waited_for"]["rule"] == "at_once"


def test_a_timer_that_comes_twice_late_or_for_nothing_is_harmless(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "5m"})
    clocked.dispatcher.take(clocked.drop(A))
    now = T0 + timedelta(minutes=5)
    clocked.clock = lambda: now
    (wake,) = clocked.timers_fire()
    for _ in range(3):
        clocked.dispatcher.take(wake)
    (run_id,) = clocked.started()
    finish(clocked, run_id)
    clocked.dispatcher.take(wake)
    assert clocked.started() == [run_id]


def test_a_timer_is_believed_when_dispatchs_own_clock_is_behind(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "5m"})
    clocked.dispatcher.take(clocked.drop(A))
    now = T0 + timedelta(minutes=5)
    clocked.clock = lambda: now
    (wake,) = clocked.timers_fire()
    clocked.clock = lambda: now - timedelta(seconds=3)
    clocked.dispatcher.take(wake)
    assert len(clocked.started()) == 1


def test_a_timer_for_a_data_set_that_was_removed_does_nothing(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "5m"})
    clocked.dispatcher.take(clocked.drop(A))
    clocked.passes(minutes=1)
    event = {"detail-type": "Wake", "source": "evergreen", "detail": {"dataset": "gone", "at": "2026-03-02T09:00:00Z"}}
    clocked.dispatcher.take(event)
    assert clocked.started() == []


def test_a_lease_that_nobody_gave_back_is_closed_when_it_expires_and_the_next_run_starts(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(A))
    (first,) = clocked.started()
    clocked.dispatcher.take(clocked.drop(B))
    clocked.stop(first)
    clocked.passes(hours=7, minutes=1)
    assert (clocked.runs.get(first) or {})["status"] == "FAILED"
    assert sorted(clocked.arrivals_of(clocked.started()[1])) == [A, B]


def test_a_run_that_goes_on_past_its_lease_is_left_alone_and_the_next_takes_over(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(A))
    (first,) = clocked.started()
    clocked.dispatcher.take(clocked.drop(B))
    clocked.passes(hours=7, minutes=1)
    arn = clocked.machine_arn.replace(":stateMachine:", ":execution:") + f":{first}"
    assert clocked.sfn.describe_execution(executionArn=arn)["status"] == "RUNNING"
    assert len(clocked.started()) == 2
    assert clocked.input_of(clocked.started()[1])["fence"] == 2


def test_many_arrivals_in_a_quiet_period_set_few_timers(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "10m"})
    for number in range(60):
        now = T0 + timedelta(seconds=number)
        clocked.clock = lambda now=now: now
        clocked.dispatcher.take(clocked.drop(f"incoming/next_purchase/{number}.csv"))
    assert len(clocked.scheduler.list_schedules(GroupName="wakes")["Schedules"]) == 2


def test_a_run_that_starts_long_after_its_lease_was_taken_has_a_lease_as_long_as_any(clocked: World) -> None:
    answers(clocked.sfn, "StartExecution", code="InternalError", status=500)
    with pytest.raises(StoreUnavailable):
        clocked.dispatcher.take(clocked.drop(A))
    now = T0 + timedelta(hours=5)
    clocked.clock = lambda: now
    clocked.dispatcher.take(clocked.drop(B))
    (first,) = clocked.started()
    clocked.passes(hours=5)
    assert clocked.started() == [first], "the run may last for hours yet"
    clocked.passes(hours=2, minutes=1)
    assert len(clocked.started()) == 2


def test_a_run_that_step_functions_has_forgotten_keeps_the_end_that_it_told_of(clocked: World) -> None:
    lease = clocked.leases.take(DATASET, ["a"], T0)
    assert lease
    clocked.runs.create(lease.run_id, status="SUCCEEDED", arrival_ids=["a"], started_at=T0.isoformat())
    clocked.passes(days=100)
    clocked.dispatcher.take(clocked.drop(A))
    assert (clocked.runs.get(lease.run_id) or {})["status"] == "SUCCEEDED"
    assert len(clocked.started()) == 1


def waited_for(world: World, number: int) -> str:
    return str((world.runs.get(world.started()[number]) or {})["waited_for"]["why"])


def test_a_run_says_that_it_waited_for_the_one_before_it(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop(A))
    clocked.passes(minutes=1)
    clocked.dispatcher.take(clocked.drop(B))
    clocked.passes(minutes=5)
    first = clocked.started()[0]
    clocked.runs.note(first, ended_at=clocked.clock().isoformat())
    finish(clocked, first)
    assert waited_for(clocked, 0) == "nothing held it back"
    assert waited_for(clocked, 1) == f"run {first} was in progress"


def test_a_run_says_that_somebody_overruled_what_held_it_back(clocked: World) -> None:
    clocked.states(runs={"quiet_period": "30m"})
    clocked.dispatcher.take(clocked.drop(A))
    clocked.passes(minutes=2)
    clocked.dispatcher.take(sample("run-requested"))
    assert "(quiet_period), until somebody asked for a run" in waited_for(clocked, 0)
