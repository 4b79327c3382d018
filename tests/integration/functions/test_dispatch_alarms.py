"""An alarm that stays on whatever runs do: asked again with back-off, then people are told once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.arrivals import Arrival
from evergreen.layout import ObservedLayout
from evergreen.stores.arrivals import ArrivalState
from evergreen.yield_series import Measure, YieldSeries
from tests.integration.functions.world import DATASET, World, sample

T0 = datetime(2026, 3, 2, 8, 17, 40, tzinfo=UTC)
YIELD = {"threshold": 0.7, "reexamine_after": "1h", "reexaminations": 2}


@pytest.fixture
def clocked(world: World) -> World:
    world.clock = lambda: T0
    world.states(**{"yield": YIELD})
    return world


def changes(world: World, value: str, alarm: str = "Evergreen-next_purchase-observed-yield") -> None:
    """The alarm changes its state, and CloudWatch says so."""
    event, now = sample("yield-low"), world.clock()
    event["detail"]["alarmName"] = alarm
    event["time"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    event["detail"]["state"] |= {"value": value, "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")}
    world.dispatcher.take(event)


def finish(world: World, outcome: str = "KEEP") -> str:
    """The newest run ends."""
    run_id = world.started()[-1]
    for arrival_id in (world.runs.get(run_id) or {})["arrival_ids"]:
        world.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
    facts: dict[str, Any] = {"verdict": {"outcome": outcome, "reasons": ["no better"]}}
    world.runs.note(run_id, status="SUCCEEDED", ended_at=world.clock().isoformat(), **facts)
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    return run_id


def told(world: World) -> list[dict[str, Any]]:
    return [each for each in world.aws.notices() if each["kind"] == "ALARM_STAYS_ON"]


def test_an_alarm_that_stays_on_asks_again_after_one_interval_then_two(clocked: World) -> None:
    changes(clocked, "ALARM")
    finish(clocked)
    clocked.passes(minutes=59)
    assert len(clocked.started()) == 1
    clocked.passes(minutes=2)
    assert len(clocked.started()) == 2
    cause = (clocked.runs.get(clocked.started()[-1]) or {})["causes"][0]
    assert "still on since 2026-03-02T08:17" in cause
    assert "re-examination 1 of 2" in cause
    finish(clocked)
    clocked.passes(minutes=118)
    assert len(clocked.started()) == 2
    clocked.passes(minutes=4)
    assert len(clocked.started()) == 3


def test_people_are_told_once_when_no_run_helped_and_no_further_run_starts(clocked: World) -> None:
    changes(clocked, "ALARM")
    runs = [finish(clocked)]
    for hours in (1, 2):
        clocked.passes(hours=hours, minutes=2)
        runs.append(finish(clocked))
    assert told(clocked) == []
    for _ in range(5):
        clocked.passes(hours=5)
    (notice,) = told(clocked)
    assert "3 runs did not help" in notice["body"]
    assert all(f"{run_id}: KEEP. no better" in notice["body"] for run_id in runs)
    assert clocked.started() == runs


def test_two_alarms_that_stay_on_are_one_matter_and_people_are_told_once(clocked: World) -> None:
    changes(clocked, "ALARM")
    changes(clocked, "ALARM", "Evergreen-next_purchase-yield-drop")
    finish(clocked)
    for hours in (1, 2):
        clocked.passes(hours=hours, minutes=2)
        finish(clocked)
    for _ in range(3):
        clocked.passes(hours=5)
    (notice,) = told(clocked)
    assert "observed-yield, Evergreen-next_purchase-yield-drop are on since" in notice["body"]
    assert len(clocked.started()) == 3


def test_an_alarm_that_is_off_asks_for_nothing_more(clocked: World) -> None:
    changes(clocked, "ALARM")
    finish(clocked, "PROMOTE")
    clocked.passes(minutes=10)
    changes(clocked, "OK")
    for _ in range(5):
        clocked.passes(hours=5)
    assert len(clocked.started()) == 1
    assert told(clocked) == []


def test_an_alarm_that_comes_on_anew_starts_counting_anew(clocked: World) -> None:
    clocked.states(**{"yield": YIELD | {"reexaminations": 0}})
    changes(clocked, "ALARM")
    finish(clocked)
    clocked.passes(minutes=10)
    changes(clocked, "OK")
    clocked.passes(minutes=10)
    changes(clocked, "ALARM")
    assert len(clocked.started()) == 2
    finish(clocked)
    clocked.passes(minutes=59)
    assert told(clocked) == []
    clocked.passes(minutes=2)
    assert len(told(clocked)) == 1


def test_news_that_come_late_do_not_turn_an_alarm_on_again(clocked: World) -> None:
    changes(clocked, "ALARM")
    late = clocked.clock
    clocked.passes(minutes=5)
    changes(clocked, "OK")
    clocked.clock = late
    changes(clocked, "ALARM")
    assert clocked.alarms.states.on(DATASET) == []


def test_another_run_meanwhile_puts_the_question_off(clocked: World) -> None:
    changes(clocked, "ALARM")
    finish(clocked)
    clocked.passes(minutes=30)
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/a.csv"))
    finish(clocked)
    clocked.passes(minutes=40)
    assert len(clocked.started()) == 2
    clocked.passes(minutes=25)
    assert len(clocked.started()) == 3


def test_a_failed_run_counts_as_one_that_did_not_help(clocked: World) -> None:
    clocked.states(**{"yield": YIELD | {"reexaminations": 1}})
    changes(clocked, "ALARM")
    clocked.dispatcher.take(clocked.ended(clocked.started()[-1], "ABORTED"))
    record = clocked.runs.get(clocked.started()[-1]) or {}
    now = datetime.fromisoformat(record["ended_at"])  # the endings have a clock of their own
    clocked.clock = lambda: now
    clocked.passes(minutes=62)
    assert len(clocked.started()) == 2
    finish(clocked)
    clocked.passes(minutes=30)
    assert told(clocked) == []
    for _ in range(3):
        clocked.passes(hours=3)
    assert len(told(clocked)) == 1
    assert len(clocked.started()) == 2


def test_after_a_rollback_by_itself_an_alarm_waits_and_a_file_does_not(clocked: World) -> None:
    back = {"run_id": "old", "by": "evergreen", "rolled_back_at": T0.isoformat()}
    clocked.aws.registry.put_item(Item={"pk": f"DATASET#{DATASET}", "sk": "CHAMPION", **back})
    changes(clocked, "ALARM")
    assert clocked.started() == []
    clocked.passes(minutes=61)
    assert len(clocked.started()) == 1
    assert (clocked.runs.get(clocked.started()[0]) or {})["waited_for"]["rule"] == "after_rollback"
    finish(clocked)
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/a.csv"))
    assert len(clocked.started()) == 2


def test_a_second_alarm_during_the_run_that_the_first_asked_for_makes_no_further_run(clocked: World) -> None:
    changes(clocked, "ALARM")
    clocked.passes(minutes=1)
    changes(clocked, "ALARM", "Evergreen-next_purchase-yield-drop")
    finish(clocked)
    assert len(clocked.started()) == 1
    clocked.passes(minutes=1)
    changes(clocked, "OK")
    clocked.passes(minutes=61)
    (cause,) = (clocked.runs.get(clocked.started()[-1]) or {})["causes"]
    assert "yield-drop: still on" in cause, "the other one is off"


def test_nor_does_one_that_came_just_as_that_run_was_about_to_start(clocked: World) -> None:
    changes(clocked, "ALARM")
    second = Arrival(
        arrival_id="second", dataset=DATASET, kind="alarm", cause="drop", at=T0.isoformat(), alarm="d", alarm_since="2"
    )
    clocked.ledger.record(second, clocked.clock())  # by a copy of the function that had not seen the lease
    run_id = finish(clocked)
    assert clocked.started() == [run_id]
    assert clocked.state("second")["run_id"] == run_id


def test_an_alarm_during_a_run_that_a_file_asked_for_makes_the_next_run(clocked: World) -> None:
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/a.csv"))
    changes(clocked, "ALARM")
    finish(clocked)
    assert len(clocked.started()) == 2


def test_an_alarm_that_is_older_than_the_champion_waits_until_that_is_measured(clocked: World) -> None:
    clocked.states(**{"yield": YIELD | {"good_when": "prediction = outcome", "window": 100}})
    changes(clocked, "ALARM")
    clocked.passes(minutes=10)
    promoted = {"run_id": finish(clocked, "PROMOTE"), "promoted_at": clocked.clock().isoformat()}
    clocked.aws.registry.put_item(Item={"pk": f"DATASET#{DATASET}", "sk": "CHAMPION", **promoted})
    for _ in range(20):
        clocked.passes(hours=1, minutes=1)
    assert (len(clocked.started()), told(clocked)) == (1, [])
    measure = Measure(at=clocked.clock(), samples=99, good=30, model=promoted["run_id"])
    for samples, model in ((99, promoted["run_id"]), (100, "next-purchase-00000-old")):
        measured(clocked, measure.model_copy(update={"samples": samples, "model": model}))
        clocked.passes(hours=1, minutes=1)
        assert len(clocked.started()) == 1
    measured(clocked, measure.model_copy(update={"samples": 100}))
    clocked.passes(hours=1, minutes=1)
    assert len(clocked.started()) == 2


def test_nobody_waits_for_a_measure_longer_than_a_week(clocked: World) -> None:
    clocked.states(**{"yield": YIELD | {"good_when": "prediction = outcome", "window": 100}})
    changes(clocked, "ALARM")
    clocked.passes(minutes=10)
    promoted = {"run_id": finish(clocked, "PROMOTE"), "promoted_at": clocked.clock().isoformat()}
    clocked.aws.registry.put_item(Item={"pk": f"DATASET#{DATASET}", "sk": "CHAMPION", **promoted})
    clocked.passes(days=6, hours=23)
    assert len(clocked.started()) == 1
    clocked.passes(hours=2)
    assert len(clocked.started()) == 2


def measured(world: World, measure: Measure) -> None:
    world.files.write(ObservedLayout(DATASET).series, YieldSeries(dataset=DATASET, measure=measure))


def test_the_end_of_a_run_told_again_settles_no_alarm_that_came_after_it(clocked: World) -> None:
    changes(clocked, "ALARM")
    run_id = finish(clocked)
    changes(clocked, "OK")
    clocked.dispatcher.take(clocked.drop("incoming/next_purchase/a.csv"))
    clocked.passes(minutes=5)
    changes(clocked, "ALARM")
    clocked.dispatcher.take(clocked.ended(run_id, "SUCCEEDED"))
    finish(clocked)
    (cause,) = (clocked.runs.get(clocked.started()[-1]) or {})["causes"]
    assert "observed-yield" in cause
    assert len(clocked.started()) == 3
