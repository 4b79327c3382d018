import re

import pytest

from evergreen.errors import TrainingFailed
from evergreen.predictions import read_rows


def test_each_line_is_an_entity_with_its_days_and_its_probability() -> None:
    rows = list(read_rows(["17850,20.127,0.71239\n", '"Smith, J",3,1\n'], "part-0.out", "run-1"))
    assert rows == [
        {"entity": "17850", "prediction": 20.13, "probability": 0.7124, "model": "run-1"},
        {"entity": "Smith, J", "prediction": 3.0, "probability": 1.0, "model": "run-1"},
    ]


@pytest.mark.parametrize(
    "line", ["17850,20.1", "17850,20.1,0.7,9", "17850,soon,0.7", "", "17850,nan,0.7", "17850,2,inf"]
)
def test_a_line_that_is_no_prediction_is_refused_by_file_and_line(line: str) -> None:
    with pytest.raises(TrainingFailed, match=re.escape("part-0.out, line 2: ")):
        list(read_rows(["17850,20.1,0.7", line], "part-0.out", "run-1"))


def test_lines_are_read_one_by_one() -> None:
    rows = read_rows(iter(["1,2,0.5", "broken"]), "part-0.out", "run-1")
    assert next(rows)["entity"] == "1"
