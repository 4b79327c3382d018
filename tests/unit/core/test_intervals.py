import pytest
from pydantic import ValidationError

from evergreen.intervals import PredictionInterval
from evergreen.predictions import read_rows

PLAIN = PredictionInterval(level=0.8, low=(-2.0,), high=(3.0,), rows=40)
BANDS = PredictionInterval(level=0.8, above=(10.0, 20.0), low=(-1, -2, -5), high=(1, 2, 5), least=0, most=30, rows=400)


def test_the_ends_are_as_far_from_a_prediction_as_the_truth_was() -> None:
    assert PLAIN.around(10) == (8, 13)


@pytest.mark.parametrize(
    ("prediction", "ends"), [(0.5, (0, 1.5)), (9.9, (8.9, 10.9)), (10, (8, 12)), (20, (15, 25)), (28, (23, 30))]
)
def test_a_prediction_has_the_ends_of_its_band_and_never_impossible_ones(
    prediction: float, ends: tuple[float, float]
) -> None:
    assert BANDS.around(prediction) == pytest.approx(ends)


@pytest.mark.parametrize("wrong", [{"above": (1.0,)}, {"above": (2.0, 1.0), "low": (0, 0, 0), "high": (1, 1, 1)}])
def test_bands_that_do_not_fit_together_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PredictionInterval.model_validate({**PLAIN.model_dump(), **wrong})


def test_a_number_that_is_read_has_its_ends_in_its_own_precision() -> None:
    (value,) = read_rows(["7,3.14159265"], "part-0.out", "run-1", "regression", PLAIN)
    assert value == {"entity": "7", "prediction": 3.14159, "lower": 1.14159, "upper": 6.14159, "model": "run-1"}
    (days,) = read_rows(["7,12.345,0.5"], "part-0.out", "run-1", "time_to_event", BANDS)
    assert (days["prediction"], days["lower"], days["upper"]) == (12.35, 10.35, 14.35)
