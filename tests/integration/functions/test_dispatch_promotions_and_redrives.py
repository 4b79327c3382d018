"""Requests that come of other runs: a promotion asks for what follows, a redrive for what failed runs gave up."""

import json
from typing import Any

import pytest

from evergreen.contract import Contract
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.stores.arrivals import MOST_FAILURES, ArrivalState
from tests.integration.functions.test_dispatch_crashes import MOMENTS, crash_everywhere, reset
from tests.integration.functions.test_dispatch_requests import A, finish, request
from tests.integration.functions.world import DATASET, World, sample
from tests.integration.stores.aws import answers


@pytest.fixture
def followed(world: World) -> World:
    """`line_yield` follows `next_purchase`."""
    folders = {each: world.contracts[each] for each in world.contracts.ids}
    contract = folders["line_yield"].contract.model_dump(by_alias=True) | {"retrain_after": (DATASET,)}
    folders["line_yield"] = DatasetFolder(contract=Contract.model_validate(contract), sql={})
    world.contracts = Contracts(folders)
    return world


class Sent:
    """The events that went to the bus."""

    def __init__(self, world: World) -> None:
        self.details: list[dict[str, Any]] = []
        world.events.meta.events.register("before-send.eventbridge.PutEvents", self._note)

    def _note(self, request: Any, **_: Any) -> None:
        self.details += [json.loads(entry["Detail"]) for entry in json.loads(request.body)["Entries"]]


def champion(world: World, run_id: str) -> None:
    world.aws.registry.put_item(Item={"pk": f"DATASET#{DATASET}", "sk": "CHAMPION", "run_id": run_id})


def test_a_promotion_asks_for_a_run_of_what_follows_as_often_as_it_is_told_under_one_id(followed: World) -> None:
    sent = Sent(followed)
    followed.dispatcher.take(followed.drop(A))
    (run_id,) = followed.started()
    finish(followed, run_id)
    champion(followed, run_id)
    for _ in range(2):
        followed.dispatcher.take(followed.ended(run_id, "SUCCEEDED"))
    assert {(each["dataset"], each["kind"]) for each in sent.details} == {("line_yield", "promotion")}
    assert len({each["request_id"] for each in sent.details}) == 1
    for each in sent.details:
        followed.dispatcher.take(sample("run-requested") | {"detail": each})
    (started,) = [each for each in followed.started() if each != run_id]
    assert "next_purchase has a new champion" in (followed.runs.get(started) or {})["causes"][0]


def test_a_run_that_did_not_win_asks_for_nothing(followed: World) -> None:
    sent = Sent(followed)
    followed.dispatcher.take(followed.drop(A))
    (run_id,) = followed.started()
    finish(followed, run_id)
    champion(followed, "next-purchase-00000-aaaaaaaa")
    followed.dispatcher.take(followed.ended(run_id, "SUCCEEDED"))
    assert sent.details == []


@MOMENTS
def test_a_promotion_asks_wherever_dispatch_dies(followed: World, moment: str) -> None:
    sent = Sent(followed)

    def promoted(world: World) -> dict[str, Any]:
        reset(world)
        sent.details.clear()
        world.dispatcher.take(world.drop(A))
        (run_id,) = world.started()
        finish(world, run_id)
        champion(world, run_id)
        return world.ended(run_id, "SUCCEEDED")

    def asked() -> None:
        assert len({each["request_id"] for each in sent.details}) == 1

    crash_everywhere(followed, moment, promoted, asked)


# redrive


def give_up(world: World, key: str) -> str:
    """Drop a file and let the last of the runs that set it aside fail with it; returns its arrival's id."""
    world.dispatcher.take(world.drop(key))
    (arrival_id,) = (each.arrival_id for each in world.ledger.waiting(DATASET))
    for number in range(MOST_FAILURES - 1):
        world.ledger.hold(DATASET, arrival_id, f"earlier-{number}", "no memory")
    world.dispatcher.take(world.ended(world.started()[-1], "FAILED"))
    assert world.state(arrival_id)["state"] == ArrivalState.QUARANTINED
    return arrival_id


@MOMENTS
def test_a_redrive_makes_one_run_with_what_failed_runs_gave_up_wherever_dispatch_dies(
    world: World, moment: str
) -> None:
    seen: dict[str, Any] = {}

    def given_up(world: World) -> dict[str, Any]:
        reset(world)
        seen["arrival"] = give_up(world, A)
        seen["before"] = world.started()
        return request("redrive-1", kind="redrive")

    def tried_again() -> None:
        (run_id,) = [each for each in world.started() if each not in seen["before"]]
        assert seen["arrival"] in (world.runs.get(run_id) or {})["arrival_ids"]
        assert world.state(seen["arrival"])["state"] == ArrivalState.WAITING

    crash_everywhere(world, moment, given_up, tried_again)


def test_a_redrive_told_again_after_its_run_failed_reopens_nothing(world: World) -> None:
    arrival_id = give_up(world, A)
    world.dispatcher.take(request("redrive-1", kind="redrive"))
    run_id = world.started()[-1]
    world.dispatcher.take(world.ended(run_id, "FAILED"))
    before = world.started()
    world.dispatcher.take(request("redrive-1", kind="redrive"))
    assert world.started() == before
    assert world.state(arrival_id)["state"] == ArrivalState.HELD


def test_a_redrive_takes_up_again_what_s3_would_not_give(world: World) -> None:
    event = world.drop("incoming/next_purchase/may/manifest.json", "{}")
    answers(world.aws.s3, "GetObject", code="AccessDenied", status=403)
    world.dispatcher.take(event)
    (entry,) = world.ledger.entries(DATASET)
    assert entry.state == ArrivalState.QUARANTINED
    world.dispatcher.take(request("redrive-1", kind="redrive"))
    bodies = [notice["body"] for notice in world.aws.notices()]
    assert "kms:Decrypt" in bodies[0]
    assert "cannot be used" in bodies[1], "it is read again, and says what it says"


def test_two_redrives_at_once_make_one_run(world: World) -> None:
    give_up(world, A)
    before = world.started()
    world.dispatcher.take(request("redrive-1", kind="redrive"))
    world.dispatcher.take(request("redrive-2", kind="redrive"))
    (run_id,) = [each for each in world.started() if each not in before]
    for arrival_id in (world.runs.get(run_id) or {})["arrival_ids"]:
        world.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
    world.runs.note(run_id, status="SUCCEEDED", ended_at="2026-03-02T10:00:00+00:00")
    world.dispatcher.take(world.ended(run_id, "SUCCEEDED"))
    assert len(world.started()) == len(before) + 1
    (second,) = [each for each in world.ledger.entries(DATASET) if each.run_id == "none"]
    assert (second.state, second.arrival.kind) == (ArrivalState.DONE, "redrive")
    assert second.reason == "failed runs had left nothing, or a run with it was in progress"


def test_a_redrive_after_a_failed_run_whose_end_was_never_told_of_tries_again(world: World) -> None:
    world.dispatcher.take(world.drop(A))
    (first,) = world.started()
    (arrival_id,) = (world.runs.get(first) or {})["arrival_ids"]
    world.ledger.hold(DATASET, arrival_id, first, "no memory")  # as FailRun does
    world.runs.note(first, status="FAILED", ended_at="2026-03-02T10:00:00+00:00")
    world.stop(first)
    world.dispatcher.take(request("redrive-1", kind="redrive"))
    assert arrival_id in (world.runs.get(world.started()[-1]) or {})["arrival_ids"]
    assert len(world.started()) == 2
