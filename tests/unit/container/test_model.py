import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import xgboost as xgb

from container.golden_row import GoldenRow
from container.model import Model, ModelUnusable
from container.serve.encode import to_csv, to_json
from container.serve.limits import Limits
from container.serve.media import CSV
from container.serve.parts import Threads
from container.serve.scoring import LargeBody, Scoring
from container.signature import OUTPUTS, Feature, Signature
from evergreen.metrics import Task

ROWS = np.arange(20, dtype=np.float32).reshape(-1, 1)


def signature(task: Task, *classes: str) -> Signature:
    horizon = 90 if task == "time_to_event" else None
    features = (Feature("n [mm], <here>", "number"),)
    return Signature("visits", task, "who", features, "", "days", OUTPUTS[task], "random", classes, horizon)


def booster(labels: list[float], objective: str = "reg:squarederror", **settings: int) -> bytes:
    data = xgb.DMatrix(ROWS, label=labels, nthread=1)
    settings = {"objective": objective, "eta": 1, "lambda": 0, "nthread": 1, **settings}  # type: ignore[dict-item]
    return bytes(xgb.train(settings, data, num_boost_round=3).save_raw("ubj"))


def files(of: Signature, **boosters: bytes) -> dict[str, bytes]:
    models = {f"{name}.ubj": content for name, content in boosters.items()}
    return {**models, "signature.json": of.to_json().encode(), "training.json": b"{}"}


def load(of: Signature, **boosters: bytes) -> Model:
    return Model.load(files(of, **boosters).__getitem__)


HURDLE = signature("time_to_event")
EVENT = booster([0.0, 1.0] * 10, "binary:logistic")
DURATION = booster([-50.0] * 10 + [500.0] * 10)
HALVES = [0.0] * 10 + [1.0] * 10
THIRDS = [0.0] * 7 + [1.0] * 7 + [2.0] * 6
BINARY = signature("binary", "no", "yes")
COLOURS = signature("multiclass", "red", "green", "blue")


def colours() -> Model:
    return load(COLOURS, model=booster(THIRDS, "multi:softprob", num_class=3))


def test_days_are_never_negative_nor_beyond_the_horizon() -> None:
    days = load(HURDLE, event=EVENT, duration=DURATION).predict(ROWS)[:, 0]
    assert (days.min(), days.max()) == (0, 90)


def test_predictions_that_are_no_numbers_are_refused() -> None:
    document = json.loads(xgb.Booster(model_file=bytearray(DURATION)).save_raw("json"))
    tree = document["learner"]["gradient_booster"]["model"]["trees"][0]
    tree["split_conditions"] = [float("inf")] * len(tree["split_conditions"])
    broken = json.dumps(document).encode()
    for model in (load(HURDLE, event=EVENT, duration=broken), load(signature("regression"), model=broken)):
        with pytest.raises(ModelUnusable, match="not numbers"):
            model.predict(ROWS)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ModelUnusable, match=r"event\.ubj"):
        load(HURDLE, duration=DURATION)
    with pytest.raises(ModelUnusable, match=r"model\.ubj"):
        load(BINARY)


def test_a_model_of_another_number_of_features_than_its_signature_is_refused() -> None:
    wider = replace(BINARY, features=(*BINARY.features, Feature("m", "number")))
    with pytest.raises(ModelUnusable, match=r"model\.ubj takes 1 features, its signature lists 2"):
        load(wider, model=booster(HALVES, "binary:logistic"))


def test_a_model_of_another_number_of_classes_than_its_signature_is_refused() -> None:
    fewer = replace(COLOURS, classes=("red", "green"))
    with pytest.raises(ModelUnusable, match="does not predict"):
        load(fewer, model=booster(THIRDS, "multi:softprob", num_class=3)).predict(ROWS)


def test_a_task_that_is_not_known_is_refused() -> None:
    with pytest.raises(ModelUnusable, match="ranking"):
        load(replace(BINARY, task="ranking"), model=EVENT)  # type: ignore[arg-type]


def test_of_two_classes_the_label_is_the_likelier_and_the_probability_that_of_the_positive() -> None:
    model = load(BINARY, model=booster(HALVES, "binary:logistic"))
    answer = model.answer(ROWS)
    lines = to_csv(answer, BINARY).decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["no"] * 10 + ["yes"] * 10
    probabilities = [float(line.split(",")[1]) for line in lines]
    assert max(probabilities[:10]) < 0.5 <= min(probabilities[10:])


def test_a_probability_of_one_half_is_the_positive_class() -> None:
    answer = load(BINARY, model=EVENT).task.answer(np.array([[0.5], [0.49]], dtype=np.float32))
    assert to_csv(answer, BINARY) == b"yes,0.5\nno,0.49\n"


def test_of_several_classes_the_probability_is_that_of_the_label() -> None:
    answer = colours().answer(ROWS)
    lines = [line.split(",") for line in to_csv(answer, COLOURS).decode().splitlines()]
    assert [label for label, _ in lines] == ["red"] * 7 + ["green"] * 7 + ["blue"] * 6
    assert min(float(probability) for _, probability in lines) > 0.4


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_csv_and_json_say_the_same_row_by_row(rows: int) -> None:
    value = load(signature("regression"), model=DURATION)
    for model in (colours(), value):
        answer = model.answer(ROWS[:rows])
        items = json.loads(to_json(answer, model.signature))["predictions"]
        lines = to_csv(answer, model.signature).decode().splitlines()
        assert len(items) == len(lines) == rows
        for item, line in zip(items, lines, strict=True):
            assert tuple(item) == model.signature.outputs
            number = list(item.values())[-1]
            assert float(line.split(",")[-1]) == pytest.approx(number)
            assert line.split(",")[:-1] == list(item.values())[:-1]


@pytest.mark.parametrize("of", ["days", "colours"])
def test_a_body_predicted_in_parts_by_many_threads_answers_as_one_that_is_not(
    of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = colours() if of == "colours" else load(HURDLE, event=EVENT, duration=DURATION)
    scoring = Scoring(model, GoldenRow.unknown(model))
    content = "".join(f"{number / 7}\n" for number in range(3000)).encode()
    large, limits = LargeBody(content, (CSV, {}), CSV, time.monotonic() + 60), Limits(60, len(content))
    with ThreadPoolExecutor(2) as pool:
        whole = scoring.answer(large, limits, Threads(pool, 1))
        monkeypatch.setattr("container.serve.scoring.FEWEST_ROWS", 7)
        monkeypatch.setattr("container.serve.scoring.MOST_ROWS", 61)
        assert scoring.answer(large, limits, Threads(pool, 1)) == whole
    assert whole[1] == 3000
