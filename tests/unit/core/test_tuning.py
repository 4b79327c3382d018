"""What a contract may say of tuning."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from evergreen.contract import Contract
from evergreen.runs import run_id_for, tuning_name
from evergreen.training import Training
from evergreen.tuning import Range
from tests.unit.core.test_runs import arrivals, datasets, fences

DEPTH = {"min": 2, "max": 8}


def refused(words: str, **training: Any) -> None:
    with pytest.raises(ValidationError, match=words):
        Training.model_validate(training)


@pytest.mark.parametrize(
    ("ends", "whole"),
    [({"min": 2, "max": 8}, True), ({"min": 0.0, "max": 1}, False), ({"min": 0.01, "max": 0.3}, False)],
)
def test_whole_numbers_at_both_ends_are_searched_in_whole_numbers(ends: dict[str, float], whole: bool) -> None:
    assert Range.model_validate(ends).whole is whole
    assert Range.model_validate_json(Range.model_validate(ends).model_dump_json(exclude_none=True)).whole is whole


@pytest.mark.parametrize(
    ("each", "words"),
    [
        ({"min": 8, "max": 2}, "min 8 must be below max 2"),
        ({"min": 2, "max": 2}, "min 2 must be below max 2"),
        ({"min": 2}, "needs min and max, or values"),
        ({}, "needs min and max, or values"),
        ({"min": 0, "max": 1, "scale": "log"}, "log needs a min above 0"),
        ({"min": 0, "max": 1, "values": [1]}, "min and max, or values, not both"),
        ({"values": ["a", "a"]}, "names one twice"),
        ({"values": list(range(31))}, "at most 30"),
        ({"min": 0, "max": float("inf")}, "finite"),
    ],
)
def test_a_range_that_cannot_be_searched_is_refused(each: dict[str, Any], words: str) -> None:
    refused(words, tune={"ranges": {"max_depth": each}})


@pytest.mark.parametrize(
    ("tune", "words"),
    [
        ({"ranges": {}}, "at least 1"),
        ({"ranges": {f"x{number}": DEPTH for number in range(31)}}, "at most 30"),
        ({"ranges": {"max_depth": DEPTH}, "max_jobs": 101}, "less than or equal to 100"),
        ({"ranges": {"max_depth": DEPTH}, "max_jobs": 2, "parallel": 3}, "parallel 3 must not be above max_jobs 2"),
    ],
)
def test_a_search_without_bounds_is_refused(tune: dict[str, Any], words: str) -> None:
    refused(words, tune=tune)


def test_a_hyperparameter_is_fixed_or_searched_but_not_both() -> None:
    refused(
        "max_depth is in hyperparameters and in",
        hyperparameters={"max_depth": 3},
        tune={"ranges": {"max_depth": DEPTH}},
    )


@pytest.mark.parametrize("name", ["algorithm", "metric", "quantile"])
def test_what_the_contract_says_elsewhere_is_no_hyperparameter(name: str) -> None:
    refused(f"{name} is for .* to say", hyperparameters={name: "x"})
    refused(f"{name} is for .* to say", tune={"ranges": {name: {"values": ["x"]}}})


def test_the_job_is_told_the_algorithm_and_the_deciding_metric(contract: dict[str, Any], table: dict[str, Any]) -> None:
    assert Contract.model_validate(contract).hyperparameters == {
        "algorithm": "xgboost",
        "metric": "mae",
        "interval": "0.8",
    }
    training = {"algorithm": "lightgbm", "hyperparameters": {"num_leaves": 7}}
    asked = Contract.model_validate({**table, "training": training, "gate": {"metric": "roc_auc"}})
    assert asked.hyperparameters == {"algorithm": "lightgbm", "metric": "roc_auc", "num_leaves": "7"}


def test_a_quantile_reaches_the_job_with_the_metric_that_asks_for_it(table: dict[str, Any]) -> None:
    target = {"task": "regression", "target": {"column": "speed"}}
    asked = Contract.model_validate({**table, **target, "gate": {"metric": "pinball", "quantile": 0.9}})
    assert asked.hyperparameters == {
        "algorithm": "xgboost",
        "metric": "pinball",
        "quantile": "0.9",
        "interval": "0.8",
    }
    median = Contract.model_validate({**table, **target, "gate": {"metric": "mae", "quantile": 0.9}})
    assert "quantile" not in median.hyperparameters


@given(datasets, fences, arrivals)
def test_a_tuning_job_has_a_name_that_sagemaker_takes_with_the_attempt_behind_it(
    dataset: str, fence: int, ids: list[str]
) -> None:
    name = tuning_name(run_id_for(dataset, fence, ids))
    assert len(f"{name}-35") <= 32
    assert not name.startswith("-")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_runs_that_begin_alike_have_tuning_jobs_of_their_own() -> None:
    names = {tuning_name(f"next-purchase-{number:05d}-3f2a9c81") for number in range(1000)}
    assert len(names) == 1000


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({"hyperparameters": {"max_depht": 3}}, "training.hyperparameters: 'max_depht' .* did you mean 'max_depth'"),
        ({"algorithm": "lightgbm", "hyperparameters": {"eta": 0.1}}, "'eta' is no hyperparameter of lightgbm in task"),
        (
            {"tune": {"ranges": {"etta": {"min": 0.1, "max": 0.2}}}},
            "training.tune.ranges: 'etta' .* did you mean 'eta'",
        ),
        ({"hyperparameters": {"objective": "reg:squarederror"}}, "'objective' is no hyperparameter .* in task binary"),
    ],
)
def test_a_name_that_the_algorithm_does_not_know_is_found_before_a_job_is_paid_for(
    table: dict[str, Any], training: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Contract.model_validate({**table, "training": training})
