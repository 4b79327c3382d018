import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evergreen.cli.history import Execution, parse

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def event(second: float, kind: str, **details: Any) -> dict[str, Any]:
    return {"timestamp": BEGAN + timedelta(seconds=second), "type": kind, **details}


def entered(second: float, name: str, kind: str = "Task", state: Any = None) -> dict[str, Any]:
    return event(
        second, f"{kind}StateEntered", stateEnteredEventDetails={"name": name, "input": json.dumps(state or {})}
    )


def exited(second: float, name: str, kind: str = "Task") -> dict[str, Any]:
    return event(second, f"{kind}StateExited", stateExitedEventDetails={"name": name})


def read(*events: dict[str, Any]) -> Execution:
    execution = parse([event(0, "ExecutionStarted"), *events])
    assert execution
    return execution


def test_no_events_are_no_execution() -> None:
    assert parse([]) is None


def test_an_execution_that_has_only_begun_has_no_end_and_no_visits() -> None:
    assert read() == Execution(BEGAN, None, ())


def test_each_visit_has_its_name_and_its_seconds() -> None:
    execution = read(
        entered(1, "PinInputs"), exited(1.5, "PinInputs"), entered(2, "PrepareData"), exited(6, "PrepareData")
    )
    assert [(visit.name, visit.seconds) for visit in execution.visits] == [("PinInputs", 0.5), ("PrepareData", 4.0)]


def test_a_state_that_still_lasts_has_no_seconds() -> None:
    (visit,) = read(entered(1, "TrainChallenger")).visits
    assert (visit.ended, visit.seconds) == (None, None)


def test_a_state_visited_twice_is_two_visits() -> None:
    execution = read(
        entered(0, "PrepareData"), exited(1, "PrepareData"), entered(2, "PrepareData"), exited(5, "PrepareData")
    )
    assert [visit.seconds for visit in execution.visits] == [1.0, 3.0]
    assert execution.work_seconds == 4.0


def test_only_states_that_do_the_work_itself_count_as_work() -> None:
    execution = read(
        entered(0, "PinInputs"), exited(2, "PinInputs"), entered(2, "ScoreEntities"), exited(5, "ScoreEntities")
    )
    assert execution.work_seconds == 3.0


def test_a_choice_tells_the_reason_of_the_task_before_it() -> None:
    state = {"data": {"value": {"reason": "usable"}}, "verdict": {"value": {"reason": "mae 18.9 against 19.7"}}}
    (visit,) = read(entered(1, "IsChallengerBetter", "Choice", state), exited(1, "IsChallengerBetter", "Choice")).visits
    assert visit.reason == "mae 18.9 against 19.7"


def test_a_choice_without_a_sentence_or_a_readable_input_tells_none() -> None:
    silent = entered(1, "RetryJob", "Choice")
    cut = event(2, "ChoiceStateEntered", stateEnteredEventDetails={"name": "IsDataUsable", "input": '{"data": {"va'})
    assert [visit.reason for visit in read(silent, cut).visits] == ["", ""]


def test_a_failed_task_tells_its_error_and_the_next_state_does_not_inherit_it() -> None:
    execution = read(
        entered(0, "TrainChallenger"),
        event(1, "TaskFailed", taskFailedEventDetails={"error": "States.TaskFailed", "cause": "{}"}),
        exited(1, "TrainChallenger"),
        entered(1, "FailRun"),
        exited(2, "FailRun"),
    )
    assert [visit.reason for visit in execution.visits] == ["States.TaskFailed", ""]


def test_a_task_that_timed_out_tells_so() -> None:
    details = {"error": "States.Timeout", "resource": "invoke", "resourceType": "lambda"}
    (visit,) = read(
        entered(0, "PinInputs"), event(9, "TaskTimedOut", taskTimedOutEventDetails=details), exited(9, "PinInputs")
    ).visits
    assert visit.reason == "States.Timeout"


def test_an_aborted_execution_ends_the_state_it_was_in() -> None:
    execution = read(entered(1, "TrainChallenger"), event(4, "ExecutionAborted"))
    assert execution.ended == BEGAN + timedelta(seconds=4)
    assert execution.visits[0].seconds == 3.0


def test_a_retry_that_succeeds_leaves_no_failure_behind() -> None:
    execution = read(
        entered(0, "PinInputs"),
        event(1, "TaskFailed", taskFailedEventDetails={"error": "StoreUnavailable"}),
        event(2, "TaskSucceeded"),
        exited(2, "PinInputs"),
    )
    assert execution.visits[0].reason == ""


@pytest.mark.parametrize("silent", ["ChooseTraining", "ChooseEndpoint", "IsPlatformFault"])
def test_a_choice_that_no_task_reasoned_for_does_not_bear_the_reason_of_the_one_before(silent: str) -> None:
    state = {"data": {"value": {"usable": True, "reason": "10,000 rows"}}}
    execution = read(
        entered(1, "IsDataUsable", "Choice", state),
        exited(1, "IsDataUsable", "Choice"),
        entered(1, silent, "Choice", state),
        exited(1, silent, "Choice"),
    )
    assert [visit.reason for visit in execution.visits] == ["10,000 rows", ""]
