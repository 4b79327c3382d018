"""Requests for runs: through the same lease as every drop, and whoever waits for the run is answered once."""

import json
from typing import Any

import pytest

from evergreen.arrivals import UnknownEvent
from evergreen.errors import StoreUnavailable
from evergreen.stores.arrivals import ArrivalState
from tests.integration.functions.test_dispatch_crashes import MOMENTS, crash_everywhere, reset
from tests.integration.functions.world import DATASET, World, sample
from tests.integration.stores.aws import answers

A = "incoming/next_purchase/a.csv"
VERDICT = {"outcome": "PROMOTE", "promote": True, "reasons": ["better"]}


class Answered:
    """What Step Functions was told."""

    def __init__(self, world: World) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        world.sfn.meta.events.register("before-send.sfn.SendTaskSuccess", self._note)

    def _note(self, request: Any, **_: Any) -> None:
        said = json.loads(request.body)
        self.told.append((said["taskToken"], json.loads(said["output"])))

    def of(self, token: str) -> list[dict[str, Any]]:
        return [result for told, result in self.told if told == token]


@pytest.fixture
def answered(world: World) -> Answered:
    return Answered(world)


def request(request_id: str = "r1", dataset: str = DATASET, **more: Any) -> dict[str, Any]:
    event = sample("run-requested")
    event["detail"] |= {"dataset": dataset, "request_id": request_id, **more}
    return event


def tokens(world: World) -> list[set[str]]:
    return [item["task_tokens"] for item in world.aws.registry.scan()["Items"] if "task_tokens" in item]


def finish(world: World, run_id: str, status: str = "SUCCEEDED", **facts: Any) -> None:
    """What the run's own last state does, as far as Dispatch sees it."""
    state = ArrivalState.HELD if status == "FAILED" else ArrivalState.DONE
    for arrival_id in (world.runs.get(run_id) or {})["arrival_ids"]:
        world.ledger.settle(DATASET, arrival_id, state, run_id)
    world.runs.note(run_id, status=status, ended_at="2026-03-02T10:00:00+00:00", **facts)


def test_a_request_starts_one_run_that_says_why_however_often_it_is_told(world: World) -> None:
    for _ in range(3):
        world.dispatcher.take(request())
    (run_id,) = world.started()
    assert (world.runs.get(run_id) or {})["causes"][0].endswith("ada): the prices were corrected")
    finish(world, run_id)
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    world.dispatcher.take(request())
    assert world.started() == [run_id]


def test_a_request_during_a_run_makes_the_next_one(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    world.dispatcher.take(request())
    (first,) = world.started()
    finish(world, first)
    world.dispatcher.take(world.ended(first, "SUCCEEDED"))
    assert len(world.started()) == 2


@pytest.mark.parametrize(
    ("status", "facts", "expected"),
    [
        ("SUCCEEDED", {"verdict": VERDICT}, {"status": "SUCCEEDED", "verdict": "PROMOTE", "reason": "better"}),
        ("DATA_REJECTED", {"reason": "no rows"}, {"status": "DATA_REJECTED", "verdict": None, "reason": "no rows"}),
        ("FAILED", {"error": "no memory"}, {"status": "FAILED", "verdict": None, "reason": "no memory"}),
    ],
)
def test_who_waits_is_answered_once_when_the_run_has_ended(
    world: World, answered: Answered, status: str, facts: dict[str, Any], expected: dict[str, Any]
) -> None:
    world.dispatcher.take(request(task_token="t"))
    (run_id,) = world.started()
    world.dispatcher.take(world.drop(A))
    assert answered.told == []
    finish(world, run_id, status, **facts)
    for _ in range(3):
        world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    assert answered.of("t") == [{"dataset": DATASET, "run_id": run_id, **expected}]
    assert tokens(world) == []


def test_who_waits_is_not_answered_before_the_run_has_told_how_it_ended(world: World, answered: Answered) -> None:
    world.dispatcher.take(request(task_token="t"))
    (run_id,) = world.started()
    for arrival_id in (world.runs.get(run_id) or {})["arrival_ids"]:
        world.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
    world.dispatcher.take(world.drop(A))
    assert answered.told == []


def test_an_aborted_run_is_an_answer_too(world: World, answered: Answered) -> None:
    world.dispatcher.take(request(task_token="t"))
    (run_id,) = world.started()
    world.dispatcher.take(world.ended(run_id, "ABORTED"))
    (result,) = answered.of("t")
    assert (result["run_id"], result["status"]) == (run_id, "FAILED")
    assert "ended as ABORTED" in result["reason"]


def test_a_lost_end_of_a_run_is_made_up_for_by_the_next_event(world: World, answered: Answered) -> None:
    world.dispatcher.take(request(task_token="t"))
    (run_id,) = world.started()
    finish(world, run_id)
    world.stop(run_id)
    world.dispatcher.take(world.drop(A))
    assert [each["run_id"] for each in answered.of("t")] == [run_id]
    assert len(world.started()) == 2


def test_a_request_sent_again_with_another_token_answers_both(world: World, answered: Answered) -> None:
    for token in ("one", "two"):
        world.dispatcher.take(request(task_token=token))
    (run_id,) = world.started()
    finish(world, run_id)
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    assert sorted(token for token, _ in answered.told) == ["one", "two"]


def test_a_request_that_comes_again_after_its_run_is_answered_at_once(world: World, answered: Answered) -> None:
    world.dispatcher.take(request())
    (run_id,) = world.started()
    finish(world, run_id)
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    world.dispatcher.take(request(task_token="late"))
    assert [each["run_id"] for each in answered.of("late")] == [run_id]
    assert world.started() == [run_id]


@pytest.mark.parametrize("gone", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_who_waits_no_longer_blocks_nothing(world: World, gone: str) -> None:
    world.dispatcher.take(request(task_token="t"))
    (run_id,) = world.started()
    finish(world, run_id)
    answers(world.sfn, "SendTaskSuccess", code=gone)
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    assert tokens(world) == []


def test_step_functions_out_of_reach_keeps_the_token_for_the_next_try(world: World, answered: Answered) -> None:
    world.dispatcher.take(request(task_token="t"))
    (run_id,) = world.started()
    finish(world, run_id)
    answers(world.sfn, "SendTaskSuccess", code="ThrottlingException")
    with pytest.raises(StoreUnavailable):
        world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    assert tokens(world) == [{"t"}]
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    assert tokens(world) == []
    assert len(set(map(str, answered.of("t")))) == 1


@MOMENTS
def test_who_waits_is_answered_wherever_dispatch_dies(world: World, answered: Answered, moment: str) -> None:
    def ended(world: World) -> dict[str, Any]:
        reset(world)
        answered.told.clear()
        world.dispatcher.take(request(task_token="t"))
        (run_id,) = world.started()
        finish(world, run_id)
        return world.ended(run_id, "SUCCEEDED")

    def answered_and_forgotten() -> None:
        assert len(set(map(str, answered.of("t")))) == 1
        assert len(answered.told) <= 2
        assert tokens(world) == []

    crash_everywhere(world, moment, ended, answered_and_forgotten)


@MOMENTS
def test_a_token_is_kept_wherever_dispatch_dies(world: World, moment: str) -> None:
    def asked(world: World) -> dict[str, Any]:
        reset(world)
        return request(task_token="t")

    def kept() -> None:
        assert tokens(world) == [{"t"}]
        assert len(world.started()) == 1

    crash_everywhere(world, moment, asked, kept)


@pytest.mark.parametrize("dataset", ["nobody", 5, {"a": 1}, None])
def test_a_request_for_no_data_set_is_answered_in_words(world: World, answered: Answered, dataset: Any) -> None:
    world.dispatcher.take(request(dataset=dataset, task_token="t"))
    (result,) = answered.of("t")
    assert (result["status"], result["run_id"]) == ("REFUSED", None)
    assert result["dataset"] == (dataset if isinstance(dataset, str) else json.dumps(dataset))
    assert world.started() == []


def test_a_request_for_no_data_set_that_nobody_waits_for_is_a_dead_letter(world: World) -> None:
    with pytest.raises(UnknownEvent, match="no data set 'nobody'"):
        world.dispatcher.take(request(dataset="nobody"))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_a_token_that_step_functions_does_not_let_us_answer_holds_nothing_up(
    world: World, answered: Answered, code: str
) -> None:
    world.dispatcher.take(request("r1", task_token="of another workflow"))
    world.dispatcher.take(request("r2", task_token="ours"))
    finish(world, world.started()[0])
    answers(world.sfn, "SendTaskSuccess", code=code)
    world.dispatcher.take(world.ended(world.started()[0], "SUCCEEDED"))
    finish(world, world.started()[1])
    answers(world.sfn, "SendTaskSuccess", code=code)
    world.dispatcher.take(world.ended(world.started()[1], "SUCCEEDED"))
    assert [each["status"] for each in answered.of("ours")] == ["SUCCEEDED"]
    assert tokens(world) == [{"of another workflow"}], "it may be ours to answer one day"


def test_a_refused_request_whose_token_is_not_ours_is_a_dead_letter(world: World) -> None:
    answers(world.sfn, "SendTaskSuccess", code="AccessDeniedException")
    with pytest.raises(UnknownEvent, match="no data set 'nobody'"):
        world.dispatcher.take(request(dataset="nobody", task_token="of another workflow"))
