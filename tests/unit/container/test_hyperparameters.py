import json
from pathlib import Path
from typing import get_args

import pytest

from container.algorithms import DEFAULT, NAMES, UnknownAlgorithm, algorithm
from container.algorithms.hyperparameters import UnknownHyperparameter
from container.tasks import TASKS
from container.train.learner import Learner
from evergreen.hyperparameters import names
from evergreen.metrics import OF_TASK, Task


def read(folder: Path, task: Task = "time_to_event", **given: str) -> Learner:
    path = folder / "hyperparameters.json"
    path.write_text(json.dumps(given))
    return Learner.read(path, task)


def test_sagemakers_text_becomes_numbers_over_the_defaults(tmp_path: Path) -> None:
    parameters = read(tmp_path, max_depth="6", eta="0.1").parameters
    defaults = algorithm(DEFAULT).choices("time_to_event").defaults
    assert parameters.values == {**defaults, "max_depth": 6, "eta": 0.1}
    assert isinstance(parameters.values["max_depth"], int)


def test_without_a_word_it_is_xgboost_by_the_metric_that_decides_by_default(tmp_path: Path) -> None:
    for task, metrics in OF_TASK.items():
        learner = Learner.read(tmp_path / "none.json", task)
        assert (learner.name, learner.metric, learner.tuned) == ("xgboost", metrics[0], False)


def test_the_job_is_told_the_algorithm_and_the_metric_among_its_hyperparameters(tmp_path: Path) -> None:
    learner = read(tmp_path, "regression", algorithm="linear", metric="rmse", quantile="0.9", nlambda="4")
    assert (learner.name, learner.metric, learner.quantile) == ("linear", "rmse", 0.9)
    assert learner.parameters.values["nlambda"] == 4


def test_what_sagemaker_tells_the_jobs_of_a_tuning_job_is_no_unknown_hyperparameter(tmp_path: Path) -> None:
    assert read(tmp_path, _tuning_objective_metric="validation:mae").tuned


def test_an_algorithm_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownAlgorithm, match="unknown algorithm lightgm; did you mean lightgbm"):
        read(tmp_path, algorithm="lightgm")


def test_a_metric_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownHyperparameter, match="unknown metric rmsle"):
        read(tmp_path, "regression", metric="rmsle")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("task", TASKS)
def test_a_misspelt_name_is_refused_with_the_nearest(tmp_path: Path, task: Task, name: str) -> None:
    first = next(iter(algorithm(name).choices(task).defaults))
    with pytest.raises(UnknownHyperparameter, match=f"unknown hyperparameter {first}s; did you mean {first}"):
        read(tmp_path, task, **{"algorithm": name, f"{first}s": "6"})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_like_no_other_is_refused_with_all_there_are(tmp_path: Path, name: str) -> None:
    known = ", ".join(algorithm(name).choices("binary").defaults)
    with pytest.raises(UnknownHyperparameter, match=rf"unknown hyperparameter zzz\. Known: {known}"):
        read(tmp_path, "binary", algorithm=name, zzz="6")


@pytest.mark.parametrize("value", ["fast", "nan", "inf"])
def test_a_value_that_is_no_number_is_refused_by_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(UnknownHyperparameter, match=f"eta is '{value}'"):
        read(tmp_path, eta=value)


def test_a_model_without_a_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownHyperparameter, match="num_round is 0; it must be at least 1"):
        read(tmp_path, num_round="0")


def test_an_xgboost_regression_may_say_what_it_minimises(tmp_path: Path) -> None:
    stated = read(tmp_path, "regression", objective="reg:pseudohubererror").parameters.values
    assert stated["objective"] == "reg:pseudohubererror"
    with pytest.raises(UnknownHyperparameter, match="unknown objective reg:squared; did you mean reg:squarederror"):
        read(tmp_path, "regression", objective="reg:squared")


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_the_weight_of_the_positive_class_is_for_two_classes(tmp_path: Path, name: str) -> None:
    weighed = read(tmp_path, "binary", algorithm=name, scale_pos_weight="20")
    assert weighed.parameters.values["scale_pos_weight"] == 20
    assert "scale_pos_weight" not in read(tmp_path, "binary", algorithm=name).parameters.values
    with pytest.raises(UnknownHyperparameter, match="scale_pos_weight"):
        read(tmp_path, "regression", algorithm=name, scale_pos_weight="20")


@pytest.mark.parametrize("task", get_args(Task))
@pytest.mark.parametrize("name", NAMES)
def test_the_contract_is_checked_by_the_names_that_the_algorithm_takes(name: str, task: Task) -> None:
    assert set(names(name, task)) == set(algorithm(name).choices(task).names)
