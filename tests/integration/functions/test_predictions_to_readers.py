"""The functions between scored rows and readers: load part by part, reconcile, publish."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from evergreen.errors import CountsDisagree, StoreUnavailable, TrainingFailed
from evergreen.evaluation import Evaluation
from evergreen.layout import RunLayout
from tests.integration.functions.conftest import Handler
from tests.integration.functions.scored import Line, Parts
from tests.integration.functions.world import DATASET, World
from tests.integration.stores.aws import BUCKET, answers

ONE = {"part-00000.csv": ["1,20.1,0.7", "2,3,0.2"]}
TWO = {**ONE, "part-00001.csv": ["3,9,0.5"]}
BINARY = {"segments": {}, "task": "binary", "target": {"column": "failed", "positive": "1"}, "split": {"by": "random"}}


@pytest.fixture
def line(world: World, function: Callable[[str], Handler]) -> Line:
    return Line(world, function)


def test_every_scored_line_is_an_item_of_the_runs_generation_with_all_that_readers_are_promised(line: Line) -> None:
    run = line.run(TWO, champion="next-purchase-00001-aaaaaaaa")
    line.states(run, segments={"at_risk": {"probability": {"below": 0.3}}, "rest": {}})
    line.load(run)
    found = line.read("2", run["run_id"])
    assert found
    assert found.pop("scored_at").endswith("+00:00")
    assert found == {
        "entity": "2",
        "generation": run["run_id"],
        "prediction": 3,
        "probability": 0.2,
        "segment": "at_risk",
        "model": "next-purchase-00001-aaaaaaaa",
        "as_of": "2011-12-09",
    }
    assert line.items(run["run_id"]) == 3


def test_a_publication_tells_how_many_entities_came_and_went_wherever_their_part_is(line: Line, world: World) -> None:
    line.whole(TWO)
    second = line.run({"part-00000.csv": ["4,1,0.5", "5,1,0.5"], "part-00001.csv": ["2,9,0.5"]})
    line.load(second)
    line.publish(second)
    published = world.registry.published(DATASET)
    assert published
    assert (published["changes"]["added"], published["changes"]["removed"]) == (2, 2)


def test_a_generation_from_before_entities_were_noted_is_no_obstacle(line: Line, world: World) -> None:
    first = line.whole(ONE)
    world.aws.s3.delete_object(Bucket=BUCKET, Key=RunLayout(DATASET, first["run_id"]).loaded_entities("part-00000.csv"))
    second = line.run(TWO)
    line.load(second)
    line.publish(second)
    published = world.registry.published(DATASET)
    assert published
    assert published["changes"]["rows_before"] == 2
    assert "added" not in published["changes"]


def test_an_item_has_the_interval_of_the_champion_that_made_it_though_the_contract_asks_for_another(
    line: Line, world: World
) -> None:
    champion = "next-purchase-00001-aaaaaaaa"
    interval = {"level": 0.8, "low": (-2,), "high": (4,), "least": 0, "rows": 40, "coverage": 0.81, "judged_rows": 50}
    found = {"task": "time_to_event", "metric": "mae", "rows": 50, "judged_rows": 50, "challenger": {}, "baseline": {}}
    evaluation = Evaluation.model_validate({**found, "prediction_interval": {**interval, "width": 6}})
    world.files.write(RunLayout(DATASET, champion).evaluation_file, evaluation)
    run = line.run(ONE, champion=champion)
    line.states(run, predictions={"interval": 0.95})
    line.load(run)
    items = [line.read(entity, run["run_id"]) or {} for entity in ("1", "2")]
    assert [(each["lower"], each["upper"]) for each in items] == [(18.1, 24.1), (1, 7)]


def test_loading_a_part_again_writes_the_same_items(line: Line) -> None:
    run = line.run(TWO)
    line.load(run)
    before = line.read("3", run["run_id"])
    line.load(run, "part-00001.csv")
    assert line.read("3", run["run_id"]) == before
    assert line.items(run["run_id"]) == 3


def test_a_label_is_loaded_as_the_text_that_it_is(line: Line, world: World) -> None:
    run = line.run({"part-00000.csv": ["7,1,0.8125"]})
    columns = {"columns": {"failed": {"type": "integer"}, "id": {"type": "integer"}}}
    line.states(run, **BINARY, input=columns, features=None, entity="id", training={}, gate={})
    line.load(run)
    found = line.read("7", run["run_id"])
    assert found
    assert (found["prediction"], found["probability"]) == ("1", 0.8125)
    assert "segment" not in found


def test_readers_see_the_generation_when_every_row_of_every_part_came_out(line: Line, world: World) -> None:
    run = line.run(TWO)
    line.load(run)
    assert world.registry.published(DATASET) is None, "loaded is not published"
    assert line.publish(run) == {"generation": run["run_id"], "rows": 3}
    published, record = world.registry.published(DATASET), world.runs.get(run["run_id"])
    assert published
    assert record
    assert (published["rows"], published["as_of"], published["sample"]) == (3, "2011-12-09", "1")
    assert record["published"]["generation"] == run["run_id"]


@pytest.mark.parametrize(
    ("parts", "rows", "loaded", "refused"),
    [
        (TWO, {"part-00000.csv": 3}, TWO, (CountsDisagree, "part-00000.csv: 3 rows to score, 2 scored, 2 items")),
        # One part lost a row and another has one too many: the sums agree, the parts do not.
        (TWO, {"part-00000.csv": 1, "part-00001.csv": 2}, TWO, (CountsDisagree, "part-00000.csv: 1 rows to score, 2")),
        (TWO, {}, ONE, (CountsDisagree, "part-00001.csv: 1 rows to score, never loaded")),
        ({**ONE, "part-00001.csv": []}, {}, TWO, (TrainingFailed, "gave no predictions for part-00001.csv")),
        ({**ONE, "part-00001.csv": ["3,oops,0.5"]}, {}, TWO, (TrainingFailed, "part-00001.csv.out, line 1: .*'oops'")),
    ],
)
def test_readers_keep_what_they_have_when_a_part_is_not_whole_and_it_is_named(
    line: Line, parts: Parts, rows: dict[str, int], loaded: Parts, refused: tuple[type[Exception], str]
) -> None:
    run = line.run(parts, rows=rows)
    line.load(run, *loaded)
    error, words = refused
    with pytest.raises(error, match=f"{words}.*nothing published"):
        line.publish(run)
    assert line.world.registry.published(DATASET) is None


def test_a_new_generation_is_compared_with_the_one_before(line: Line, world: World) -> None:
    first = line.whole(ONE)
    first_segments = (world.registry.published(DATASET) or {})["segments"]
    assert first_segments == {"regular": 1, "at_risk": 1}, "as the contract of the data set says"
    run = line.run(TWO)
    line.states(run, segments={"soon": {"prediction": {"below": 10}}, "later": {}})
    line.load(run)
    line.publish(run)
    record = world.runs.get(run["run_id"])
    assert record
    told = record["published"]
    assert told["rows"] == 3
    assert told["changes"] == {
        "replaces": first["run_id"],
        "rows_before": 2,
        "added": 1,
        "removed": 0,
        "segments_before": first_segments,
    }
    assert told["segments"] == {"soon": 2, "later": 1}


def test_publishing_again_says_the_same_though_the_first_attempt_did_not_come_to_the_end(
    line: Line, world: World
) -> None:
    line.whole(ONE)
    run = line.run(TWO)
    line.load(run)
    told = line.publish(run)
    record = world.runs.get(run["run_id"])
    world.aws.registry.update_item(
        Key={"pk": f"DATASET#{DATASET}", "sk": f"RUN#{run['run_id']}"}, UpdateExpression="REMOVE published"
    )
    assert line.publish(run) == told
    assert world.runs.get(run["run_id"]) == record


def test_a_worker_that_dies_in_the_middle_is_repeated_and_nothing_half_is_seen(line: Line, world: World) -> None:
    run = line.run({"part-00000.csv": [f"{number},3,0.5" for number in range(130)]})
    line.handlers["load_predictions"] = line.function("load_predictions")
    client = sys.modules["functions.load_predictions.handler"].loader._client  # type: ignore[attr-defined]
    sent: list[int] = []

    def die(**_: Any) -> None:
        sent.append(1)
        if len(sent) > 2:
            raise KeyboardInterrupt

    client.meta.events.register("before-send.dynamodb.BatchWriteItem", die)
    with pytest.raises(KeyboardInterrupt):
        line.load(run)
    client.meta.events.unregister("before-send.dynamodb.BatchWriteItem", die)
    assert 0 < line.items(run["run_id"]) < 130
    with pytest.raises(CountsDisagree, match=r"part-00000\.csv: 130 rows to score, never loaded"):
        line.publish(run)
    assert world.registry.published(DATASET) is None
    line.load(run)
    line.publish(run)
    assert line.items(run["run_id"]) == 130


def test_a_table_that_is_away_is_worth_another_try(line: Line) -> None:
    run = line.run(ONE)
    line.handlers["load_predictions"] = line.function("load_predictions")
    client = sys.modules["functions.load_predictions.handler"].loader._client  # type: ignore[attr-defined]
    answers(client, "BatchWriteItem", code="ThrottlingException")
    with pytest.raises(StoreUnavailable, match="load predictions"):
        line.load(run)


def test_whoever_reads_during_twenty_publications_never_sees_two_generations_mixed(line: Line, world: World) -> None:
    def parts(of: int) -> dict[str, list[str]]:
        return {f"part-{half}.csv": [f"{half}{entity},{of},0.5" for entity in range(2)] for half in (0, 1)}

    entities = [f"{half}{entity}" for half in (0, 1) for entity in range(2)]
    over, mixed, seen = Event(), list[str](), set[str]()

    def read() -> int:
        reads = 0
        while not over.is_set():
            published = world.registry.published(DATASET)
            assert published
            found = [line.read(each, published["generation"]) for each in entities]
            values = {each["prediction"] if each else None for each in found}
            newest = world.registry.published(DATASET)
            missing = None in values and newest and newest["generation"] == published["generation"]
            if missing or len(values - {None}) > 1:
                mixed.append(f"{published['generation']}: {values}")
            seen.add(published["generation"])
            reads += 1
            time.sleep(0.02)  # or nobody else gets on
        return reads

    line.whole(parts(0))
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        try:
            for number in range(1, 21):
                run = line.run(parts(number))
                line.load(run)
                line.publish(run)
                if number % 5 == 0:
                    line.remove(run)
                line.end(run)
        finally:
            over.set()
        assert reader.result() > 10
    assert not mixed
    assert len(seen) > 5, "the reader saw the flips"
