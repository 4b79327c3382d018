"""A run whose hyperparameters are searched: what SageMaker is asked."""

import re
from typing import Any

import pytest

from container.log import log
from evergreen.metrics import HIGHER_IS_BETTER, OF_TASK
from functions.pin_inputs.tuning import tuning
from tests.integration.functions.world import DATASET, World, tuned

A = "incoming/next_purchase/a.csv"


def pin(world: World) -> dict[str, Any]:
    run_id, _ = world.run(A)
    return world.pinning.pin(DATASET, run_id, 1)


def test_a_contract_that_tunes_says_so_and_how(world: World) -> None:
    answer = pin(tuned(world, max_jobs=9, parallel=3, seed=5))
    config = answer["tuning"]["config"]
    assert answer["tuned"] is True
    assert config["Strategy"] == "Bayesian"
    assert config["TrainingJobEarlyStoppingType"] == "Auto"
    assert config["RandomSeed"] == 5
    limits = config["ResourceLimits"]
    assert (limits["MaxNumberOfTrainingJobs"], limits["MaxParallelTrainingJobs"]) == (9, 3)
    assert config["ParameterRanges"] == {
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Linear"}],
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.3", "ScalingType": "Logarithmic"}
        ],
        "CategoricalParameterRanges": [],
    }


def test_values_to_choose_from_are_a_categorical_range(world: World) -> None:
    answer = pin(tuned(world, ranges={"max_bin": {"values": [64, 256]}}))
    ranges = answer["tuning"]["config"]["ParameterRanges"]
    assert ranges["CategoricalParameterRanges"] == [{"Name": "max_bin", "Values": ["64", "256"]}]


def test_what_is_searched_is_not_stated_as_well(world: World) -> None:
    answer = pin(tuned(world))
    assert answer["hyperparameters"] == {"algorithm": "xgboost", "metric": "mae", "interval": "0.8"}


def test_asking_again_for_the_same_run_names_the_same_tuning_job(world: World) -> None:
    world = tuned(world)
    run_id, _ = world.run(A)
    one, other = (world.pinning.pin(DATASET, run_id, 1)["tuning"] for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("task", "metrics"), OF_TASK.items())
def test_the_objective_is_the_deciding_metric_on_validation_rows_as_the_container_logs_it(
    world: World, capsys: pytest.CaptureFixture[str], task: str, metrics: tuple[str, ...]
) -> None:
    contract = tuned(world).contracts[DATASET].contract
    for metric in metrics:
        gate = contract.gate.model_copy(update={"metric": metric})
        asked = tuning(contract.model_copy(update={"gate": gate}), "next-purchase-00001-3f2a9c81")
        assert asked
        objective, (definition,) = asked["config"]["HyperParameterTuningJobObjective"], asked["metrics"]
        assert objective["MetricName"] == definition["Name"] == f"validation:{metric}"
        assert objective["Type"] == ("Maximize" if HIGHER_IS_BETTER[metric] else "Minimize")  # type: ignore[index]
        for value in (0.25, 1.5e-07, -3.0, 12345678.9):
            log(
                "trained",
                **{f"validation:{name}": 99 for name in metrics if name != metric},
                **{definition["Name"]: value},
            )
            (found,) = re.findall(definition["Regex"], capsys.readouterr().out)
            assert float(found) == value
