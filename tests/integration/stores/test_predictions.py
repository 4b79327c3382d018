"""Loading, reading and removing predictions."""

import json
from collections.abc import Iterator
from threading import Lock
from typing import Any

import boto3
import pytest

from evergreen.errors import StoreUnavailable
from evergreen.stores.loader import QUICK, Loader
from evergreen.stores.predictions import Predictions
from tests.integration.stores.aws import Account, answers

DATASET, OLD, NEW = "next_purchase", "next-purchase-00001-aaaaaaaa", "next-purchase-00002-bbbbbbbb"


@pytest.fixture
def predictions(aws: Account) -> Predictions:
    return Predictions(aws.predictions)


@pytest.fixture
def client(aws: Account) -> Any:
    return boto3.client("dynamodb", config=QUICK)


@pytest.fixture
def loader(client: Any, monkeypatch: pytest.MonkeyPatch) -> Loader:
    monkeypatch.setattr("random.uniform", lambda *bounds: bounds[0])  # no pause between two attempts
    return Loader(client, "predictions")


def rows(count: int, prediction: float = 20.5) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"entity": str(number), "prediction": prediction, "probability": 0.7124, "model": NEW}


def leave_unprocessed(client: Any, refusals: int) -> list[int]:
    """Let DynamoDB take all but the last item of each of the next batches; returns how many each one held."""
    sizes, left, lock = list[int](), list[Any](), Lock()

    def hold_back(params: dict[str, Any], **_: Any) -> None:
        asked = json.loads(params["body"])["RequestItems"]["predictions"]
        with lock:
            sizes.append(len(asked))
            if len(sizes) <= refusals:
                left.append(asked[-1])
                params["body"] = json.dumps({"RequestItems": {"predictions": asked[:-1] or asked}}).encode()

    def say_so(parsed: dict[str, Any], **_: Any) -> None:
        if left:
            parsed["UnprocessedItems"] = {"predictions": [left.pop()]}

    client.meta.events.register_last("before-call.dynamodb.BatchWriteItem", hold_back)
    client.meta.events.register_last("after-call.dynamodb", say_so)
    return sizes


def test_every_row_is_an_item_that_can_be_read_by_its_entity(loader: Loader, predictions: Predictions) -> None:
    assert loader.load(DATASET, NEW, rows(130)) == 130
    for entity in ("0", "25", "129"):
        assert predictions.get(DATASET, entity, NEW) == {
            "entity": entity,
            "generation": NEW,
            "prediction": 20.5,
            "probability": 0.7124,
            "model": NEW,
        }


def test_no_rows_are_no_items(loader: Loader, predictions: Predictions) -> None:
    assert loader.load(DATASET, NEW, rows(0)) == 0


def test_a_new_generation_leaves_the_old_one_as_it_was(loader: Loader, predictions: Predictions) -> None:
    loader.load(DATASET, OLD, rows(3, prediction=9.0))
    loader.load(DATASET, NEW, rows(3, prediction=5.0))
    old, new = predictions.get(DATASET, "1", OLD), predictions.get(DATASET, "1", NEW)
    assert old
    assert new
    assert (old["prediction"], new["prediction"]) == (9.0, 5.0)


def test_writing_the_same_rows_again_changes_nothing(aws: Account, client: Any, loader: Loader) -> None:
    assert [loader.load(DATASET, NEW, rows(30)) for _ in range(2)] == [30, 30]
    assert aws.predictions.scan()["Count"] == 30


def test_an_entity_without_a_prediction_is_none(loader: Loader, predictions: Predictions) -> None:
    assert predictions.get(DATASET, "nobody", NEW) is None


def test_what_dynamodb_left_unprocessed_is_sent_again_and_nothing_else(
    aws: Account, client: Any, loader: Loader
) -> None:
    sizes = leave_unprocessed(client, refusals=2)
    assert loader.load(DATASET, NEW, rows(10)) == 10
    assert sizes == [10, 1, 1]
    assert aws.predictions.scan()["Count"] == 10


def test_a_table_that_keeps_refusing_is_told_with_how_much_is_left(aws: Account, client: Any, loader: Loader) -> None:
    leave_unprocessed(client, refusals=100)
    with pytest.raises(StoreUnavailable, match="left 1 of 10 items unprocessed 8 times"):
        loader.load(DATASET, NEW, rows(10))


def test_a_throttled_batch_is_worth_another_try(aws: Account, client: Any, loader: Loader) -> None:
    answers(client, "BatchWriteItem", code="ProvisionedThroughputExceededException")
    with pytest.raises(StoreUnavailable, match="load predictions"):
        loader.load(DATASET, NEW, rows(10))


def test_words_in_any_script_and_marks_of_json_are_read_as_they_were_written(
    loader: Loader, predictions: Predictions
) -> None:
    entity = 'Ö-7 "x" \\ \u2028 #, 東京'
    loader.load(DATASET, NEW, [{"entity": entity, "prediction": "ja\tnein", "probability": 1e-07, "model": NEW}])
    found = predictions.get(DATASET, entity, NEW)
    assert found
    assert (found["entity"], found["prediction"], found["probability"]) == (entity, "ja\tnein", 1e-07)


def test_what_dynamodb_has_no_number_for_is_left_out(loader: Loader, predictions: Predictions) -> None:
    loader.load(DATASET, NEW, [{"entity": "1", "prediction": 1e200, "probability": None, "model": NEW}])
    assert predictions.get(DATASET, "1", NEW) == {"entity": "1", "generation": NEW, "model": NEW}


def test_rows_that_fail_on_the_way_fail_the_load(loader: Loader) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield from rows(60)
        raise ValueError("line 61")

    with pytest.raises(ValueError, match="line 61"):
        loader.load(DATASET, NEW, broken())


def test_a_generation_is_removed_and_no_other(aws: Account, loader: Loader, predictions: Predictions) -> None:
    for generation in (OLD, NEW):
        loader.load(DATASET, generation, rows(60))
    assert loader.remove(DATASET, OLD, map(str, range(60))) == 60
    assert aws.predictions.scan()["Count"] == 60
    assert predictions.get(DATASET, "59", OLD) is None
    assert predictions.get(DATASET, "59", NEW)
    assert loader.remove(DATASET, OLD, ["59", "never there"]) == 2, "again it changes nothing"
