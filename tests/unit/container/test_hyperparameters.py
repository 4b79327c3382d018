import json
from pathlib import Path

import pytest

from container.tasks import TASKS
from container.train.parameters import Hyperparameters, UnknownHyperparameter
from evergreen.metrics import Task


def read(folder: Path, task: Task = "time_to_event", **given: str) -> Hyperparameters:
    path = folder / "hyperparameters.json"
    path.write_text(json.dumps(given))
    return Hyperparameters.read(path, TASKS[task].CHOICES)


def test_sagemakers_text_becomes_numbers_over_the_tasks_defaults(tmp_path: Path) -> None:
    parameters = read(tmp_path, max_depth="6", eta="0.1")
    assert parameters.values == {**TASKS["time_to_event"].CHOICES.defaults, "max_depth": 6, "eta": 0.1}
    assert isinstance(parameters.values["max_depth"], int)


@pytest.mark.parametrize("task", TASKS)
def test_a_misspelt_name_is_refused_with_the_nearest(tmp_path: Path, task: Task) -> None:
    with pytest.raises(UnknownHyperparameter, match="unknown hyperparameter max_dept; did you mean max_depth"):
        read(tmp_path, task, max_dept="6")


def test_a_name_like_no_other_is_refused_with_all_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownHyperparameter, match=r"unknown hyperparameter zzz\. Known: max_depth, eta"):
        read(tmp_path, zzz="6")


@pytest.mark.parametrize("value", ["fast", "nan", "inf"])
def test_a_value_that_is_no_number_is_refused_by_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(UnknownHyperparameter, match=f"eta is '{value}'"):
        read(tmp_path, eta=value)


def test_a_model_without_a_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownHyperparameter, match="num_round is 0; it must be at least 1"):
        read(tmp_path, num_round="0")


def test_a_regression_may_say_what_it_minimises(tmp_path: Path) -> None:
    assert read(tmp_path, "regression").values["objective"] == "reg:absoluteerror"
    assert read(tmp_path, "regression", objective="reg:squarederror").values["objective"] == "reg:squarederror"
    with pytest.raises(UnknownHyperparameter, match="unknown objective reg:squared; did you mean reg:squarederror"):
        read(tmp_path, "regression", objective="reg:squared")


def test_the_weight_of_the_positive_class_is_for_two_classes(tmp_path: Path) -> None:
    assert read(tmp_path, "binary", scale_pos_weight="20").of_xgboost()["scale_pos_weight"] == 20
    assert "scale_pos_weight" not in read(tmp_path, "binary").of_xgboost()
    with pytest.raises(UnknownHyperparameter, match="scale_pos_weight"):
        read(tmp_path, "regression", scale_pos_weight="20")
