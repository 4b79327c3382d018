"""What explains a prediction adds up to it, from the line that was scored."""

import numpy as np
import pytest

from container.explanation import explain, line_starts
from container.model import Model
from container.serve.decode import from_csv
from tests.integration.container.conftest import Trained


def test_the_parts_of_an_explanation_add_up_to_the_prediction_the_strongest_first(trained: Trained) -> None:
    model = Model.load(lambda name: (trained.base / "model" / name).read_bytes())
    line = (trained.output / "prepared" / "scoring" / "part-00000.csv").read_text().splitlines()[0]
    values = line.partition(",")[2]
    days, probability = model.predict(from_csv(values.encode(), model.signature))[0]
    event, duration = (
        next(each for each in explain(model, values) if each.predictor == p) for p in ("event", "duration")
    )
    margin = event.base + sum(each["adds"] for each in event.features)
    assert (event.unit, duration.unit) == ("log-odds", "value")
    assert 1 / (1 + np.exp(-margin)) == pytest.approx(probability, abs=1e-5)
    assert duration.base + sum(each["adds"] for each in duration.features) == pytest.approx(days, abs=1e-3)
    sizes = [abs(each["adds"]) for each in event.features]
    assert sizes == sorted(sizes, reverse=True)
    assert {each["name"] for each in event.features} == {each.name for each in model.signature.features}


@pytest.mark.parametrize(
    ("entity", "start"), [("17850", "17850,"), ("Smith, J", '"Smith, J",'), ('5" pipe', '"5"" pipe",'), ("#1", "#1,")]
)
def test_a_line_is_found_by_its_entity_as_it_was_written(entity: str, start: str) -> None:
    assert line_starts(entity) == start
