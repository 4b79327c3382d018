"""What a contract says of its training jobs, and what SageMaker is asked for it."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from evergreen.contract import Contract
from evergreen.training import Training
from functions.pin_inputs.training import metric_definitions, training


def stated(contract: dict[str, Any], **given: Any) -> dict[str, Any]:
    return training(Contract.model_validate({**contract, "training": given}))


def test_a_job_is_on_one_instance_that_stays_unless_the_contract_says_otherwise(contract: dict[str, Any]) -> None:
    asked = stated(contract)
    assert (asked["spot"], asked["instances"]) == (False, 1)
    assert asked["stopping"] == {"MaxRuntimeInSeconds": 3600}  # SageMaker takes no waiting time without spot
    asked = stated(contract, spot=True, instances=3)
    assert (asked["spot"], asked["instances"]) == (True, 3)
    assert asked["stopping"]["MaxWaitTimeInSeconds"] >= asked["stopping"]["MaxRuntimeInSeconds"]


@pytest.mark.parametrize("algorithm", ["lightgbm", "linear"])
def test_an_algorithm_that_trains_on_one_instance_is_refused_more(algorithm: str) -> None:
    with pytest.raises(ValidationError, match=f"instances is 2; {algorithm} trains on one, only xgboost on more"):
        Training.model_validate({"algorithm": algorithm, "instances": 2})


def test_a_metric_is_not_read_in_anothers_line() -> None:
    line = '{"event": "boosted", "rounds": 12, "train:loss": 1.5e-07, "validation:loss": 0.25}'
    found = {each["Name"]: re.findall(each["Regex"], line) for each in metric_definitions("regression")}
    assert {name: values for name, values in found.items() if values} == {
        "train:rounds": ["12"],
        "train:loss": ["1.5e-07"],
        "validation:loss": ["0.25"],
    }
