"""What SageMaker refuses of a tuning job, and what the laptop cloud does not search by."""

from collections.abc import Iterator
from typing import Any

_WITHOUT = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_CONFIG_WITHOUT = ("StrategyConfig", "TuningJobCompletionCriteria")


def tuning_problem(request: dict[str, Any]) -> str | None:
    """The first fault of a CreateHyperParameterTuningJob request, or None."""
    return next(_problems(request, request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]), None)


def _problems(request: dict[str, Any], config: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    unknown = [name for name in _WITHOUT if name in request] + [name for name in _CONFIG_WITHOUT if name in config]
    if unknown:
        yield f"The laptop cloud tunes without {', '.join(unknown)}"
    if config["Strategy"] not in ("Bayesian", "Random"):
        yield f"The laptop cloud searches by Strategy Bayesian or Random, not {config['Strategy']}"
    if "HyperParameterTuningJobObjective" not in config:
        yield "HyperParameterTuningJobObjective is required"
        return
    objective = config["HyperParameterTuningJobObjective"]["MetricName"]
    told = [each["Name"] for each in definition["AlgorithmSpecification"].get("MetricDefinitions", [])]
    if objective not in told:
        yield f"The objective metric {objective!r} is none of the MetricDefinitions {told}"
    limits = config["ResourceLimits"]
    if limits.get("MaxNumberOfTrainingJobs", 0) < limits["MaxParallelTrainingJobs"]:
        yield "MaxParallelTrainingJobs must not be above MaxNumberOfTrainingJobs"
    yield from _range_problems(config.get("ParameterRanges", {}), definition.get("StaticHyperParameters", {}))


def _range_problems(ranges: dict[str, list[dict[str, Any]]], fixed: dict[str, str]) -> Iterator[str]:
    every = [each for some in ranges.values() for each in some]
    if not every:
        yield "At least one hyperparameter must have a range"
    if ranges.get("AutoParameters"):
        yield "The laptop cloud tunes without AutoParameters"
    for each in every:
        name = each["Name"]
        if name in fixed:
            yield f"The hyperparameter {name} is both static and tuned"
        if each.get("ScalingType") == "ReverseLogarithmic":
            yield f"The laptop cloud scales Linear or Logarithmic, not {each['ScalingType']}: {name}"
        if "MinValue" in each:
            low, high = float(each["MinValue"]), float(each["MaxValue"])
            if low >= high:
                yield f"MinValue {low} of {name} must be below its MaxValue {high}"
            if each.get("ScalingType") == "Logarithmic" and low <= 0:
                yield f"A logarithmic scale needs a MinValue above 0: {name}"
