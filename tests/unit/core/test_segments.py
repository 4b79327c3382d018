"""Which segment a prediction belongs to, and which segments a contract cannot mean."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from evergreen.contract_file import read_folder
from evergreen.contract_reference import schema
from evergreen.segments import Segments, segment_of
from tests.unit.core.test_contract_errors import GOOD, folder, told

__all__ = ["folder"]  # the fixture
SEGMENTS = TypeAdapter(Segments).validate_python(
    {
        "at_risk": {"probability": {"below": 0.3}},
        "soon": {"prediction": {"below": 14}},
        "later": {"prediction": {"from": 14, "below": 60}, "probability": {"from": 0.5}},
    }
)


@pytest.mark.parametrize(
    ("prediction", "probability", "segment"),
    [
        (3.0, 0.29, "at_risk"),  # the first that fits, though it would be soon, too
        (3.0, 0.3, "soon"),
        (13.99, 0.9, "soon"),
        (14.0, 0.5, "later"),
        (14.0, 0.49, None),  # one condition of two
        (60.0, 0.9, None),
    ],
)
def test_a_prediction_belongs_to_the_first_segment_whose_conditions_it_fulfils(
    prediction: float, probability: float, segment: str | None
) -> None:
    assert segment_of(SEGMENTS, {"prediction": prediction, "probability": probability}) == segment


def test_labels_make_segments_and_no_condition_takes_the_rest() -> None:
    segments = TypeAdapter(Segments).validate_python({"act": {"prediction": ["urgent", "soon"]}, "rest": {}})
    assert [segment_of(segments, {"prediction": each}) for each in ("urgent", "soon", "never")] == [
        "act",
        "act",
        "rest",
    ]


def test_a_row_without_a_probability_fulfils_no_condition_on_it() -> None:
    assert segment_of(SEGMENTS, {"prediction": 20.0}) is None


def test_without_segments_a_prediction_has_none() -> None:
    assert segment_of({}, {"prediction": 1.0}) is None


def test_segments_are_frozen_with_the_contract_as_they_were_written(folder: Path) -> None:
    (folder / "dataset.yaml").write_text(GOOD + 'segments: {b: {prediction: ["1"]}, a: {probability: {from: 0.2}}}\n')
    contract = read_folder(folder).contract
    again = type(contract).model_validate_json(contract.model_dump_json(by_alias=True))
    assert again == contract
    assert list(again.segments) == ["b", "a"]


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ('{a: {}, b: {prediction: ["1"]}}', "segments.a: takes every prediction, so nothing is left for 'b'"),
        ("{a: {prediction: {below: 3}}}", "segments.a.prediction: task binary predicts labels"),
        ("{a: {prediction: {from: 2, below: 2}}}", "segments.a.prediction: nothing is from 2.0 and below 2.0"),
        ('{a: {prediction: {one_of: ["1"], below: 2}}}', "segments.a.prediction: labels have no order"),
        ("{a: {probability: {under: 0.5}}}", "segments.a.probability.under: unknown key; "),
        ("{a: {prediction: [1]}}", 'is not text; write it in quotes: "1"'),
        ("{A b: {}}", "must be small letters, digits and single underscores"),
    ],
)
def test_segments_that_cannot_be_meant_are_refused_with_line_place_and_remedy(
    folder: Path, segments: str, words: str
) -> None:
    (fault,) = told(folder, f"{GOOD}segments: {segments}\n")
    assert words in fault
    assert f":{len(GOOD.splitlines()) + 1}: segments" in fault


def test_editors_accept_a_list_of_labels_and_a_range() -> None:
    (either,) = [each["anyOf"] for name, each in schema()["$defs"].items() if name == "Values"]
    kinds: list[Any] = [each["type"] for each in either]
    assert kinds == ["array", "object"]
