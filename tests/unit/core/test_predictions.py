import re

import pytest

from evergreen.errors import TrainingFailed
from evergreen.metrics import Task
from evergreen.predictions import read_rows


def test_each_line_is_an_entity_with_its_days_and_its_probability() -> None:
    rows = list(read_rows(["17850,20.127,0.71239\n", '"Smith, J",3,1\n'], "part-0.out", "run-1", "time_to_event"))
    assert rows == [
        {"entity": "17850", "prediction": 20.13, "probability": 0.7124, "model": "run-1"},
        {"entity": "Smith, J", "prediction": 3.0, "probability": 1.0, "model": "run-1"},
    ]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_label_stays_text_whatever_it_looks_like(task: Task) -> None:
    rows = list(read_rows(["7,1,0.25\n", "8,true,0.99999", "9,nan,1e-9"], "part-0.out", "run-1", task))
    assert [(row["prediction"], row["probability"]) for row in rows] == [("1", 0.25), ("true", 1.0), ("nan", 0.0)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("3.14159265", 3.14159),
        ("-1234567.75", -1234568.0),
        ("0.000123456789", 0.000123457),
        ("0", 0.0),
        ("1e-40", 1e-40),
        ("250000.5", 250000.0),
    ],
)
def test_a_value_keeps_six_digits_and_all_before_the_point(said: str, kept: float) -> None:
    (row,) = read_rows([f"pump-3,{said}"], "part-0.out", "run-1", "regression")
    assert row == {"entity": "pump-3", "prediction": kept, "model": "run-1"}


@pytest.mark.parametrize(
    ("task", "good", "bad"),
    [
        *(
            ("time_to_event", "17850,20.1,0.7", bad)
            for bad in ("17850,20.1", "17850,20.1,0.7,9", "17850,soon,0.7", "", "17850,nan,0.7", "17850,2,inf")
        ),
        *(("regression", "7,1.5", bad) for bad in ("7", "7,1.5,0.7", "7,high", "7,inf", "7,")),
        *(("binary", "7,no,0.1", bad) for bad in ("7,no", "7,0.1", "7,,0.1", "7,no,nan", "7,no,1.5", "7,a,b,0.1")),
        *(("multiclass", "7,red,0.5", bad) for bad in ("7,red", "7,red,often", "7,red,-0.1")),
    ],
)
def test_a_line_that_is_no_prediction_is_refused_by_file_and_line(task: Task, good: str, bad: str) -> None:
    with pytest.raises(TrainingFailed, match=re.escape("part-0.out, line 2: ")):
        list(read_rows([good, bad], "part-0.out", "run-1", task))


def test_lines_are_read_one_by_one() -> None:
    rows = read_rows(iter(["1,2,0.5", "broken"]), "part-0.out", "run-1", "time_to_event")
    assert next(rows)["entity"] == "1"
