"""A contract's `tune` as SageMaker takes it."""

from typing import Any

from evergreen.contract import Contract
from evergreen.metrics import HIGHER_IS_BETTER
from evergreen.runs import tuning_name
from evergreen.tuning import Range, Tune
from functions.pin_inputs.training import metric_definition

MOST_SECONDS = 10_800  # of all trials together; the state that waits has a little more
SCALES = {"linear": "Linear", "log": "Logarithmic"}


def tuning(contract: Contract, run_id: str) -> dict[str, Any] | None:
    """What the tuning job of a run is called, how it searches, and how it reads the metric in the log."""
    tune = contract.training.tune
    if tune is None:
        return None
    objective = f"validation:{contract.metric}"  # the hold-out is not even in the training channel
    higher = HIGHER_IS_BETTER[contract.metric]
    return {
        "name": tuning_name(run_id),
        "metrics": [metric_definition(objective)],
        "config": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize" if higher else "Minimize",
                "MetricName": objective,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": tune.max_jobs,
                "MaxParallelTrainingJobs": tune.parallel,
                "MaxRuntimeInSeconds": MOST_SECONDS,
            },
            "ParameterRanges": _ranges(tune),
            "TrainingJobEarlyStoppingType": "Auto",
            "RandomSeed": tune.seed,
        },
    }


def _ranges(tune: Tune) -> dict[str, list[dict[str, Any]]]:
    of_kind: dict[str, list[dict[str, Any]]] = {"Integer": [], "Continuous": [], "Categorical": []}
    for name, each in tune.ranges.items():
        if each.values:
            of_kind["Categorical"].append({"Name": name, "Values": [str(value) for value in each.values]})
        else:
            of_kind["Integer" if each.whole else "Continuous"].append(_between(name, each))
    return {f"{kind}ParameterRanges": ranges for kind, ranges in of_kind.items()}


def _between(name: str, each: Range) -> dict[str, str]:
    ends = {"MinValue": str(each.min), "MaxValue": str(each.max)}
    return {"Name": name, **ends, "ScalingType": SCALES[each.scale]}
