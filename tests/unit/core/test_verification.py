"""Golden rows, what answers now says of them, and the batch."""

from typing import Any

import pytest

from evergreen.cli.verification_plot import plot
from evergreen.verification import GoldenRows, agreement, figures


def golden(task: str, *actual: Any, classes: tuple[str, ...] = ()) -> GoldenRows:
    rows = tuple({"a": 1} for _ in actual)
    return GoldenRows(task=task, target="y", classes=classes, features=("a",), rows=rows, actual=actual)  # type: ignore[arg-type]


def labels(*pairs: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"prediction": label, "probability": probability} for label, probability in pairs]


BINARY = (
    golden("binary", "1", "0", "0", "1", classes=("0", "1")),
    labels(("1", 0.9), ("0", 0.1), ("1", 0.6), ("0", 0.2)),
)
EVENTS = (
    golden("time_to_event", 10.0, None, 20.0),
    [
        {"prediction": 13.0, "probability": 0.8},
        {"prediction": 30.0, "probability": 0.3},
        {"prediction": 19.0, "probability": 0.6},
    ],
)
NUMBERS = golden("regression", 1.0, 2.0), [{"prediction": 1.5}, {"prediction": 2.0}]
CLASSES = golden("multiclass", "a", "b", "c", classes=("a", "b", "c")), labels(("a", 0.9), ("c", 0.5), ("c", 0.7))


def test_labels_are_counted_right_and_positives_apart() -> None:
    assert figures(*BINARY) == [
        "2 of 4 golden rows are told right (50.0%).",
        "y = 1: 2 are, 2 are told to be, 1 of these rightly.",
    ]


def test_days_are_judged_where_the_event_came_and_probabilities_everywhere() -> None:
    assert figures(*EVENTS) == [
        "y of 2 golden rows: off by 2 on average, by 2 in the middle.",
        "probability of the event: 0.700 on average where it came, 0.300 where it did not.",
    ]
    assert figures(*NUMBERS) == ["y of 2 golden rows: off by 0.25 on average, by 0.25 in the middle."]


def test_hold_outs_without_any_event_say_so() -> None:
    assert figures(golden("time_to_event", None), [{"prediction": 1.0, "probability": 0.1}]) == [
        "no golden row has a value of y."
    ]


@pytest.mark.parametrize(
    ("now", "batch", "same"),
    [
        ({"prediction": 14.25, "probability": 0.8}, {"prediction": 14.25, "probability": 0.8, "segment": "x"}, True),
        ({"prediction": 14.25, "probability": 0.8}, {"prediction": 14.25, "probability": 0.8002}, False),
        ({"prediction": 14.25}, {"prediction": 14.26}, False),
        ({"prediction": "1", "probability": 0.5}, {"prediction": "0", "probability": 0.5}, False),
        ({"prediction": "14"}, {"prediction": 14}, True),
    ],
)
def test_an_answer_agrees_when_label_value_and_probability_are_the_batchs(
    now: dict[str, Any], batch: dict[str, Any], same: bool
) -> None:
    found = agreement(["e"], [now], {"e": batch})
    assert (found.same, found.of) == (int(same), 1)
    assert ("e is " in found.sentence()) is not same


def test_an_entity_that_the_batch_has_not_is_not_compared() -> None:
    assert agreement(["e"], [{"prediction": 1}], {}).sentence() == "Nothing to compare with the batch."


@pytest.mark.parametrize("told", [BINARY, EVENTS, NUMBERS, CLASSES, (golden("time_to_event", None), [EVENTS[1][0]])])
def test_every_task_is_drawn_as_a_png(told: Any, tmp_path: Any) -> None:
    plot(*told, "made: r1", tmp_path / "deep" / "a.png")
    content = (tmp_path / "deep" / "a.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5_000
