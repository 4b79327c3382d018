"""Where files replace each other the newest is taken, in whatever order events come."""

from datetime import timedelta

from evergreen.stores.arrivals import ArrivalState
from tests.integration.functions.world import DATASET, T0, World
from tests.integration.stores.aws import interrupt

TEXTS = ("a,b\n1,2\n", "a,b\n3,4\n")
SNAPSHOT: dict[str, object] = {"task": "regression", "features": None, "target": {"column": "Quantity"}}
SNAPSHOT |= {"split": {"by": "random"}, "segments": {}}  # a regression's prediction has no probability


def replacing(world: World) -> World:
    contract = world.contracts[DATASET].contract
    said = contract.input.model_dump(exclude_none=True, by_alias=True)
    world.states(**SNAPSHOT, gate={}, input={**said, "arrives": "replace", "key": []})
    return world


def test_of_two_versions_of_a_snapshot_the_newest_is_taken_whichever_event_comes_first(clocked: World) -> None:
    replacing(clocked).states(runs={"quiet_period": "5m"})
    old, new = (clocked.drop("incoming/next_purchase/all.csv", text) for text in TEXTS)
    for event in (new, old):
        clocked.dispatcher.take(event)
    clocked.passes(minutes=6)
    (run_id,) = clocked.started()
    (taken,) = (clocked.runs.get(run_id) or {})["arrival_ids"]
    versions = {each.arrival.arrival_id: each for each in clocked.ledger.entries(DATASET)}
    assert versions[taken].arrival.version_id == new["detail"]["object"]["version-id"]
    (superseded,) = (each for each in versions.values() if each.state == ArrivalState.SUPERSEDED)
    assert superseded.superseded_by == taken
    assert (clocked.runs.get(run_id) or {})["superseded"] == [
        f"s3://evergreen-data/incoming/next_purchase/all.csv (version {superseded.arrival.version_id})"
    ]


def test_an_older_snapshot_that_comes_after_the_newer_ones_run_starts_nothing(clocked: World) -> None:
    replacing(clocked)
    old, new = (clocked.drop("incoming/next_purchase/all.csv", text) for text in TEXTS)
    clocked.dispatcher.take(new)
    (run_id,) = clocked.started()
    clocked.dispatcher.take(old)
    for arrival_id in (clocked.runs.get(run_id) or {})["arrival_ids"]:
        clocked.ledger.settle(DATASET, arrival_id, ArrivalState.DONE, run_id)
    clocked.runs.note(run_id, status="SUCCEEDED")
    clocked.dispatcher.take(clocked.ended(run_id, "SUCCEEDED"))
    assert clocked.started() == [run_id]
    states = sorted(each.state for each in clocked.ledger.entries(DATASET))
    assert states == [ArrivalState.DONE, ArrivalState.SUPERSEDED]


def test_a_snapshot_that_a_run_takes_while_a_newer_one_arrives_is_not_superseded_under_it(clocked: World) -> None:
    replacing(clocked).states(runs={"quiet_period": "5m"})
    old, new = (clocked.drop("incoming/next_purchase/all.csv", text) for text in TEXTS)
    clocked.dispatcher.take(old)
    now = T0 + timedelta(minutes=6)
    clocked.clock = lambda: now
    (wake,) = clocked.timers_fire()
    registry = clocked.aws.registry.meta.client
    interrupt(registry, "PutItem", lambda: clocked.dispatcher.take(new))  # between the choice and its lease
    clocked.dispatcher.take(wake)
    (run_id,) = clocked.started()
    (taken,) = (clocked.runs.get(run_id) or {})["arrival_ids"]
    assert clocked.state(taken)["version_id"] == old["detail"]["object"]["version-id"]
    clocked.ledger.settle(DATASET, taken, ArrivalState.DONE, run_id)
    assert clocked.state(taken)["state"] == ArrivalState.DONE


def test_a_batch_of_several_snapshots_is_refused_since_each_replaces_the_others(clocked: World) -> None:
    replacing(clocked)
    clocked.dispatcher.take(clocked.drop_manifest("may", a=TEXTS[0], b=TEXTS[1]))
    (notice,) = clocked.aws.notices()
    assert "a batch can hold only one" in notice["body"]
