import json
from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.contract import Contract
from evergreen.errors import UnknownDataset
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.stores.arrivals import ArrivalState
from evergreen.stores.registry import Change
from tests.integration.functions.world import DATASET, Died, World, sample
from tests.integration.stores.aws import BUCKET

A, B = "incoming/next_purchase/a.csv", "incoming/next_purchase/nested/ä b.csv"


def pin(world: World, run_id: str) -> dict[str, Any]:
    return world.pinning.pin(DATASET, run_id, 1)


def manifest(world: World, run_id: str) -> RunManifest:
    return world.files.read(RunLayout(DATASET, run_id).manifest, RunManifest)


def named_in(world: World, key: str) -> list[str]:
    """The keys that an S3 ManifestFile names; its first entry is their common prefix."""
    prefix, *keys = list[Any](json.loads(world.aws.text(key)))
    assert prefix == {"prefix": f"s3://{BUCKET}/"}
    return keys


def test_each_dropped_version_is_copied_under_the_run(world: World) -> None:
    run_id, arrivals = world.run(A, B)
    pin(world, run_id)
    inputs = manifest(world, run_id).inputs
    by_source = {each.source: each for each in inputs}
    assert set(by_source) == {f"s3://{BUCKET}/{A}", f"s3://{BUCKET}/{B}"}
    for arrival in arrivals:
        frozen = by_source[f"s3://{BUCKET}/{arrival.key}"]
        assert (frozen.arrival_id, frozen.version_id) == (arrival.arrival_id, arrival.version_id)
        assert frozen.key.startswith(f"runs/{DATASET}/{run_id}/input/")
        assert world.aws.text(frozen.key) == f"rows of {arrival.key}"
        assert frozen.size == len(f"rows of {arrival.key}")


def test_what_is_uploaded_or_deleted_later_does_not_change_the_run(world: World) -> None:
    run_id, _ = world.run(A)
    world.aws.put(A, "uploaded later")
    world.aws.s3.delete_object(Bucket=BUCKET, Key=A)
    pin(world, run_id)
    assert world.aws.text(manifest(world, run_id).inputs[0].key) == f"rows of {A}"


def test_two_files_of_one_name_are_two_inputs(world: World) -> None:
    run_id, _ = world.run("incoming/next_purchase/monday/a.csv", "incoming/next_purchase/tuesday/a.csv")
    pin(world, run_id)
    keys = [each.key for each in manifest(world, run_id).inputs]
    assert {world.aws.text(key) for key in keys} == {
        "rows of incoming/next_purchase/monday/a.csv",
        "rows of incoming/next_purchase/tuesday/a.csv",
    }


def test_prepare_reads_the_run_its_contract_its_files_and_the_history(world: World) -> None:
    old, earlier = world.run("incoming/next_purchase/old.csv")
    accepted = f"accepted/{DATASET}/{old}/{earlier[0].arrival_id}.parquet"
    world.ledger.settle(DATASET, earlier[0].arrival_id, ArrivalState.DONE, old, accepted_key=accepted)
    world.leases.release(DATASET, old)
    run_id, _ = world.run(A)
    answer = pin(world, run_id)
    layout = RunLayout(DATASET, run_id)
    contract = [layout.contract_file(name) for name in ("dataset.json", "features.sql", "target.sql")]
    frozen = layout.input_file(0, "a.csv")
    assert answer["prepare_inputs"] == f"s3://{BUCKET}/{layout.prepare_inputs}"
    assert named_in(world, layout.prepare_inputs) == [layout.manifest, *contract, frozen, accepted]
    assert manifest(world, run_id).history == (accepted,)


def test_the_contract_is_frozen_as_it_was_deployed(world: World) -> None:
    run_id, _ = world.run(A)
    answer = pin(world, run_id)
    layout, folder = RunLayout(DATASET, run_id), world.contracts[DATASET]
    assert world.files.read(layout.contract_file("dataset.json"), Contract) == folder.contract
    assert world.aws.text(layout.contract_file("features.sql")) == folder.sql["features.sql"]
    stated = folder.contract.training.hyperparameters
    assert answer["hyperparameters"] == {name: str(value) for name, value in stated.items()}


def test_a_first_run_is_judged_without_a_champion(world: World) -> None:
    run_id, _ = world.run(A)
    pin(world, run_id)
    layout = RunLayout(DATASET, run_id)
    assert manifest(world, run_id).champion is None
    assert named_in(world, layout.evaluate_inputs)[0] == layout.manifest
    assert not [key for key in named_in(world, layout.evaluate_inputs) if key.endswith("model.tar.gz")]


def test_a_later_run_is_judged_against_the_champion_of_this_moment(world: World) -> None:
    old, _ = world.run("incoming/next_purchase/old.csv")
    model = f"runs/{DATASET}/{old}/models/model.tar.gz"
    champion = {"model_uri": f"s3://{BUCKET}/{model}", "model_key": model}
    world.registry.promote(Change(DATASET, old, 1, None, datetime.now(UTC)), champion, ("first",))
    world.leases.release(DATASET, old)
    run_id, _ = world.run(A)
    pin(world, run_id)
    seen = manifest(world, run_id).champion
    assert seen
    assert (seen.run_id, seen.model_key) == (old, model)
    assert model in named_in(world, RunLayout(DATASET, run_id).evaluate_inputs)


def test_a_version_deleted_before_the_run_is_quarantined_with_its_reason(world: World) -> None:
    run_id, arrivals = world.run(A, B)
    gone = next(each for each in arrivals if each.key == A)
    world.aws.s3.delete_object(Bucket=BUCKET, Key=A, VersionId=gone.version_id)
    pin(world, run_id)
    assert [each.source for each in manifest(world, run_id).inputs] == [f"s3://{BUCKET}/{B}"]
    settled = world.state(gone.arrival_id)
    assert settled["state"] == ArrivalState.QUARANTINED
    assert (
        f"s3://{BUCKET}/{A} (version {gone.version_id}) was deleted before the run could take it" in settled["reason"]
    )


def test_a_run_that_an_alarm_asked_for_has_no_new_files(world: World) -> None:
    world.dispatcher.take(sample("yield-low"))
    (run_id,) = world.started()
    pin(world, run_id)
    assert manifest(world, run_id).inputs == ()


def test_pinning_twice_gives_the_same(world: World) -> None:
    run_id, _ = world.run(A, B)
    once = pin(world, run_id), contents(world)
    assert (pin(world, run_id), contents(world)) == once


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_pinning_that_dies_anywhere_gives_the_same_when_it_is_tried_again(world: World, moment: str) -> None:
    run_id, _ = world.run(A)
    expected = pin(world, run_id), contents(world)
    for call in range(1, 100):
        for key in world.aws.keys("runs/"):
            world.aws.s3.delete_object(Bucket=BUCKET, Key=key)
        live = world.dies_at(call, moment)
        try:
            pin(world, run_id)
        except Died:
            live()
            assert (pin(world, run_id), contents(world)) == expected
        else:
            live()
            assert call > 5, "it should have died somewhere"
            return


def contents(world: World) -> dict[str, str]:
    return {key: world.aws.text(key) for key in world.aws.keys("runs/")}


def test_a_data_set_that_was_not_deployed_is_told_by_name(world: World) -> None:
    with pytest.raises(UnknownDataset, match="no data set 'orders'; there are: "):
        world.pinning.pin("orders", "orders-00001-3f2a9c81", 1)
