import json

import numpy as np
import pytest
import xgboost as xgb

from container.model import HurdleModel, ModelUnusable
from container.signature import Feature, Signature

SIGNATURE = Signature("visits", "time_to_event", "who", (Feature("n", "number"),), "", "days", 90)
ROWS = np.arange(20, dtype=np.float32).reshape(-1, 1)


def booster(labels: list[float], objective: str = "reg:squarederror") -> bytes:
    data = xgb.DMatrix(ROWS, label=labels, nthread=1)
    settings = {"objective": objective, "eta": 1, "lambda": 0, "nthread": 1}
    return bytes(xgb.train(settings, data, num_boost_round=3).save_raw("ubj"))


FILES = {
    "event.ubj": booster([0.0, 1.0] * 10, "binary:logistic"),
    "duration.ubj": booster([-50.0] * 10 + [500.0] * 10),
    "signature.json": SIGNATURE.to_json().encode(),
    "training.json": b"{}",
}


def test_days_are_never_negative_nor_beyond_the_horizon() -> None:
    days = HurdleModel.load(FILES.__getitem__).predict(ROWS).duration
    assert (days.min(), days.max()) == (0, 90)


def test_predictions_that_are_no_numbers_are_refused() -> None:
    document = json.loads(xgb.Booster(model_file=bytearray(FILES["duration.ubj"])).save_raw("json"))
    tree = document["learner"]["gradient_booster"]["model"]["trees"][0]
    tree["split_conditions"] = [float("inf")] * len(tree["split_conditions"])
    model = HurdleModel.load({**FILES, "duration.ubj": json.dumps(document).encode()}.__getitem__)
    with pytest.raises(ModelUnusable, match="not numbers"):
        model.predict(ROWS)


def test_a_missing_file_is_named() -> None:
    fewer = {name: content for name, content in FILES.items() if name != "event.ubj"}
    with pytest.raises(ModelUnusable, match=r"event\.ubj"):
        HurdleModel.load(fewer.__getitem__)


def test_a_model_of_another_number_of_features_than_its_signature_is_refused() -> None:
    wider = Signature(
        "visits", "time_to_event", "who", (Feature("n", "number"), Feature("m", "number")), "", "days", 90
    )
    with pytest.raises(ModelUnusable, match="takes 1 features, its signature lists 2"):
        HurdleModel.load({**FILES, "signature.json": wider.to_json().encode()}.__getitem__)
