from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from evergreen.errors import StoreUnavailable
from evergreen.stores.predictions import Predictions
from tests.integration.stores.aws import Account, answers

DATASET, OLD, NEW = "next_purchase", "next-purchase-00001-aaaaaaaa", "next-purchase-00002-bbbbbbbb"


@pytest.fixture
def predictions(aws: Account, monkeypatch: pytest.MonkeyPatch) -> Predictions:
    monkeypatch.setattr("random.uniform", lambda *bounds: bounds[0])  # no pause between two attempts
    return Predictions(aws.predictions)


def rows(count: int, prediction: float = 20.5) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"entity": str(number), "prediction": prediction, "probability": 0.7124, "model": NEW}


def leave_unprocessed(aws: Account, refusals: int) -> list[int]:
    """Let DynamoDB take all but the last item of each of the next batches; returns how many each one held."""
    events, sizes = aws.predictions.meta.client.meta.events, list[int]()

    def hold_back(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        asked = params["RequestItems"]["predictions"]
        sizes.append(len(asked))
        if len(sizes) <= refusals:
            context["left"] = deepcopy(asked[-1:])  # boto3 puts wire values into these very dicts
            params["RequestItems"] = {"predictions": asked[:-1] or asked}

    def say_so(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if context.get("left"):
            parsed["UnprocessedItems"] = {"predictions": context["left"]}

    events.register_first("before-parameter-build.dynamodb.BatchWriteItem", hold_back)
    events.register_last("after-call.dynamodb", say_so)  # after boto3 made plain values of the answer
    return sizes


def test_every_row_is_an_item_that_can_be_read_by_its_entity(predictions: Predictions) -> None:
    assert predictions.load(DATASET, NEW, rows(130)) == 130
    for entity in ("0", "25", "129"):
        assert predictions.get(DATASET, entity, NEW) == {
            "entity": entity,
            "generation": NEW,
            "prediction": 20.5,
            "probability": 0.7124,
            "model": NEW,
        }


def test_no_rows_are_no_items(predictions: Predictions) -> None:
    assert predictions.load(DATASET, NEW, rows(0)) == 0


def test_a_new_generation_leaves_the_old_one_as_it_was(predictions: Predictions) -> None:
    predictions.load(DATASET, OLD, rows(3, prediction=9.0))
    predictions.load(DATASET, NEW, rows(3, prediction=5.0))
    old, new = predictions.get(DATASET, "1", OLD), predictions.get(DATASET, "1", NEW)
    assert old
    assert new
    assert (old["prediction"], new["prediction"]) == (9.0, 5.0)


def test_writing_the_same_rows_again_changes_nothing(aws: Account, predictions: Predictions) -> None:
    assert [predictions.load(DATASET, NEW, rows(30)) for _ in range(2)] == [30, 30]
    assert aws.predictions.scan()["Count"] == 30


def test_an_entity_without_a_prediction_is_none(predictions: Predictions) -> None:
    assert predictions.get(DATASET, "nobody", NEW) is None


def test_what_dynamodb_left_unprocessed_is_sent_again_and_nothing_else(aws: Account, predictions: Predictions) -> None:
    sizes = leave_unprocessed(aws, refusals=2)
    assert predictions.load(DATASET, NEW, rows(10)) == 10
    assert sizes == [10, 1, 1]
    assert aws.predictions.scan()["Count"] == 10


def test_a_table_that_keeps_refusing_is_told_with_how_much_is_left(aws: Account, predictions: Predictions) -> None:
    leave_unprocessed(aws, refusals=100)
    with pytest.raises(StoreUnavailable, match="left 1 of 10 items unprocessed 8 times"):
        predictions.load(DATASET, NEW, rows(10))


def test_a_throttled_batch_is_worth_another_try(aws: Account, predictions: Predictions) -> None:
    answers(aws.predictions.meta.client, "BatchWriteItem", code="ProvisionedThroughputExceededException")
    with pytest.raises(StoreUnavailable, match="load predictions"):
        predictions.load(DATASET, NEW, rows(10))
