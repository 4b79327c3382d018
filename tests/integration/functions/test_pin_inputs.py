import json
from datetime import UTC, datetime
from typing import Any

import pytest

from container.signature import OUTPUTS
from evergreen.contract import Contract
from evergreen.contracts import Contracts, DatasetFolder
from evergreen.errors import UnknownDataset
from evergreen.layout import RunLayout
from evergreen.manifest import RunManifest
from evergreen.metrics import Task
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
    asked = {"algorithm": "xgboost", "metric": "mae", "interval": "0.8"}
    assert answer["hyperparameters"] == asked | {name: str(value) for name, value in stated.items()}
    assert (answer["tuned"], answer["tuning"]) == (False, None)


def test_a_first_run_is_judged_without_a_champion(world: World) -> None:
    run_id, _ = world.run(A)
    pin(world, run_id)
    layout = RunLayout(DATASET, run_id)
    assert manifest(world, run_id).champion is None
    assert named_in(world, layout.evaluate_inputs)[0] == layout.manifest
    assert not [key for key in named_in(world, layout.evaluate_inputs) if key.endswith("model.tar.gz")]


def test_the_model_report_is_given_the_data_report_and_the_bucket(world: World) -> None:
    run_id, _ = world.run(A)
    pin(world, run_id)
    layout = RunLayout(DATASET, run_id)
    assert layout.report in named_in(world, layout.evaluate_inputs)
    assert layout.report not in named_in(world, layout.prepare_inputs), "it is PrepareData that writes it"
    assert manifest(world, run_id).bucket == BUCKET


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


def champion(world: World, *, with_profile: bool) -> str:
    """Make an earlier run's model the champion; returns the run's id."""
    old, _ = world.run("incoming/next_purchase/old.csv")
    model = f"runs/{DATASET}/{old}/models/model.tar.gz"
    facts = {"model_uri": f"s3://{BUCKET}/{model}", "model_key": model}
    world.registry.promote(Change(DATASET, old, 1, None, datetime.now(UTC)), facts, ("first",))
    world.leases.release(DATASET, old)
    if with_profile:
        world.aws.put(RunLayout(DATASET, old).profile, "{}")
    return old


def test_the_profile_of_what_the_champion_learned_from_is_pinned_for_drift(world: World) -> None:
    profile = RunLayout(DATASET, champion(world, with_profile=True)).profile
    run_id, _ = world.run(A)
    pin(world, run_id)
    assert manifest(world, run_id).champion_profile == profile
    assert profile in named_in(world, RunLayout(DATASET, run_id).prepare_inputs)


def test_a_champion_from_before_there_were_profiles_is_pinned_without(world: World) -> None:
    champion(world, with_profile=False)
    run_id, _ = world.run(A)
    pin(world, run_id)
    assert manifest(world, run_id).champion_profile is None
    assert not [key for key in named_in(world, RunLayout(DATASET, run_id).prepare_inputs) if "profile" in key]


def accepted_by(world: World, name: str, rows: str) -> str:
    """An earlier run's accepted file; returns its key."""
    run_id, (arrival,) = world.run(f"incoming/{DATASET}/{name}")
    key = f"accepted/{DATASET}/{run_id}/{arrival.arrival_id}.parquet"
    world.aws.put(key, rows)
    world.ledger.settle(DATASET, arrival.arrival_id, ArrivalState.DONE, run_id, accepted_key=key)
    world.leases.release(DATASET, run_id)
    return key


def test_of_snapshots_only_the_newest_accepted_one_is_pinned_and_of_an_event_log_all(world: World) -> None:
    older, newer = accepted_by(world, "1.csv", "one"), accepted_by(world, "2.csv", "two")
    run_id, _ = world.run(A)
    pin(world, run_id)
    assert set(manifest(world, run_id).history) == {older, newer}

    snapshots(world)
    pin(world, run_id)
    assert manifest(world, run_id).history == (newer,), "what counts when the new one is refused"


def test_of_a_table_the_contract_alone_is_frozen_for_it_has_no_queries(world: World) -> None:
    table = {
        "id": DATASET,
        "task": "regression",
        "input": {"columns": {"price": {"type": "number"}, "size": {"type": "number"}}, "arrives": "replace"},
        "target": {"column": "price"},
        "split": {"by": "random"},
    }
    world.contracts = Contracts({DATASET: DatasetFolder(contract=Contract.model_validate(table), sql={})})
    run_id, _ = world.run(A)
    pin(world, run_id)
    layout = RunLayout(DATASET, run_id)
    assert named_in(world, layout.prepare_inputs) == [
        layout.manifest,
        layout.contract_file("dataset.json"),
        layout.input_file(0, "a.csv"),
    ]
    assert world.files.read(layout.contract_file("dataset.json"), Contract) == world.contracts[DATASET].contract


def snapshots(world: World) -> None:
    """Have the data set's contract say that a file replaces all others."""
    folder = world.contracts[DATASET]
    given = folder.contract.input.model_copy(update={"arrives": "replace"})
    changed = folder.contract.model_copy(update={"input": given})
    world.contracts = Contracts({DATASET: folder.model_copy(update={"contract": changed})})


def test_the_bytes_to_read_are_those_of_new_files_and_history_with_packed_ones_as_text(world: World) -> None:
    key = accepted_by(world, "1.csv", "x" * 70)
    plain, packed = f"incoming/{DATASET}/a.csv", f"incoming/{DATASET}/b.csv.gz"
    run_id, _ = world.run(plain, packed)
    expected = len(f"rows of {plain}") + 10 * len(f"rows of {packed}") + 10 * 70
    assert key.endswith(".parquet")
    assert pin(world, run_id)["input_bytes"] == expected


def test_a_run_without_files_or_history_reads_nothing(world: World) -> None:
    world.dispatcher.take(sample("yield-low"))
    (run_id,) = world.started()
    assert pin(world, run_id)["input_bytes"] == 0


@pytest.mark.parametrize(
    ("task", "kept"),
    [
        ("time_to_event", "$[0,-2,-1]"),
        ("regression", "$[0,-1]"),
        ("binary", "$[0,-2,-1]"),
        ("multiclass", "$[0,-2,-1]"),
    ],
)
def test_beside_the_entity_all_outputs_of_the_task_are_kept(world: World, task: Task, kept: str) -> None:
    run_id, _ = world.run(A)
    folder = world.contracts[DATASET]
    changed = folder.contract.model_copy(update={"task": task})
    world.contracts = Contracts({DATASET: folder.model_copy(update={"contract": changed})})
    assert pin(world, run_id)["output_filter"] == kept
    assert kept.count(",") == len(OUTPUTS[task])


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
